# SPDX-License-Identifier: MIT
"""docs/supported-operators.md against the sources that decide."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "libnpu" / "src"
COMPILE = SOURCES / "compile"
PAGE = (ROOT / "docs" / "supported-operators.md").read_text()
LINES = re.findall(r"^\| ([A-Z]\w+) \| ([^|]+) \| (yes|no) \|", PAGE, re.M)


def body(text, function):
    return re.search(rf"^[\w ]*\b{function}\(.*?^}}$", text, re.M | re.S).group()


def operators():
    header = (SOURCES / "ir" / "graph.h").read_text()
    return re.findall(r"X\((\w+)\)", re.search(r"#define NPU_OPS\(X\)(.*?)\n\n", header, re.S).group(1))


def test_every_operator_has_a_line():
    assert len(operators()) > 50
    assert [op for op, _, _ in LINES] == operators()


def test_the_npu_column():
    place = (COMPILE / "place.c").read_text()
    placed = set(re.findall(r"case NPU_OP_(\w+):", body(place, "npu_is_unary") + body(place, "npu_place_node")))
    assert {op for op, _, npu in LINES if npu == "yes"} == placed


def joined(path):
    """Source with neighbouring string literals made one."""
    return re.sub(r'"\s*"', "", path.read_text())


def test_every_reason_is_there():
    reasons = set()
    for path in sorted(COMPILE.glob("*.c")):
        calls = r'\bNO\(' if path.name == "place.c" else r'npu_limit\(\w+, \w+,'
        reasons.update(re.findall(calls + r'\s*"([^"]+)"', joined(path)))
    assert len(reasons) > 40
    assert sorted(reason for reason in reasons if f"`{reason}`" not in PAGE) == []


def test_no_reason_is_invented():
    sources = "".join(joined(path) for path in COMPILE.glob("*.c"))
    named = re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.M)))
    assert len(named) > 40
    assert [reason for reason in named if reason not in sources] == []
