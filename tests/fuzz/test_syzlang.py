# SPDX-License-Identifier: MIT
"""tests/fuzz/onpu.txt describes the driver's whole interface: each call, structure, member, value."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "uapi/drm/onpu_drm.h").read_text()
TEXT = (ROOT / "tests/fuzz/onpu.txt").read_text()
# What a call only answers with is nothing to choose from.
ANSWERS = r"DRM_ONPU_(FAULT|QUEUE_STATE|DEV)_\w+"
SIZES = {"__u8": 1, "__u32": 4, "__s32": 4, "__u64": 8, "__s64": 8}


def header_structures():
    """Name: [(member, bytes or structure)]"""
    code = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.S)
    made = {}
    for name, body in re.findall(r"struct (drm_onpu_\w+) \{(.*?)\};", code, re.S):
        body = "\n".join(line for line in body.splitlines() if not line.startswith("#"))
        made[name] = [(member, SIZES[kind] * int(count or 1) if kind in SIZES else kind.removeprefix("struct "))
                      for kind, member, count in
                      re.findall(r"(__\w+|struct \w+) (\w+)(?:\[(\d+)\])?;", body)]
    return made


def size_of(kind):
    """Of a type of syzlang, as far as the description uses them."""
    resources = dict(re.findall(r"^resource (\w+)\[(\w+)\]", TEXT, re.M))
    kind = resources.get(kind, kind)
    array = re.match(r"array\[int8, (\d+)\]$", kind)
    if array:
        return int(array[1])
    if kind.startswith("ptr64["):
        return 8
    word = re.match(r"int(\d+)(\[|$)", kind) or re.search(r"\bint(\d+)\]$", kind)
    return int(word[1]) // 8 if word else kind.partition("[")[0]


def described_structures():
    made = {}
    for name, body in re.findall(r"^(?:type )?(drm_onpu_\w+)(?:\[T\])? \{\n(.*?)^\}", TEXT, re.M | re.S):
        made[name] = [(member, size_of(kind.removesuffix(" (out)"))) for member, kind in
                      re.findall(r"^\t(\w+)\t+(.*)$", body, re.M)]
    return made


def test_structures():
    header = header_structures()
    assert len(header) > 15 and all(header.values())
    assert described_structures() == header


def test_calls():
    calls = re.findall(r"^#define (DRM_IOCTL_ONPU_\w+)\s+DRM_IOCTL_ONPU\(\w+, (\w+)\)", HEADER, re.M)
    described = re.findall(r"^ioctl\$(DRM_IOCTL_ONPU_\w+)\(fd fd_onpu, cmd const\[(\w+)\], "
                           r"arg ptr\[\w+, drm_onpu_(\w+)\]\)", TEXT, re.M)
    assert len(calls) == 12
    assert [(name, name, argument) for name, argument in calls] == described


def test_flags_and_values():
    values = re.findall(r"^#define (DRM_ONPU_\w+)\s+\(1u", HEADER, re.M)
    values += re.findall(r"^\t(DRM_ONPU_\w+) = ", HEADER, re.M)
    wanted = {name for name in values if not re.fullmatch(ANSWERS, name)}
    lists = " ".join(re.findall(r"^onpu_\w+ = (.*)$", TEXT, re.M))
    assert len(wanted) > 15 and wanted <= set(re.findall(r"\w+", lists))
