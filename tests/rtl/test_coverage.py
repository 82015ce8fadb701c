# SPDX-License-Identifier: MIT
"""The page of coverage is of the blocks and sources that there are; counting again is `make coverage`."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "rtl" / "coverage.md").read_text()
BLOCKS = sorted(path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.cc"))


def test_blocks():
    assert re.findall(r"^\| `(\w+)` \| \d+ \| \d+ \| [\d.]+ \| \d+ / \d+ \| [\d.]+ \|$", PAGE, re.M) == BLOCKS


def test_named_lines_exist():
    named = re.findall(r"^- `([\w.]+):[\d,-]+`(?:, not taken)?: `(.*)`$", PAGE, re.M)
    assert named
    gone = [(file, text) for file, text in named
            if text not in map(str.strip, (ROOT / "hw-model" / "rtl" / file).read_text().splitlines())]
    assert not gone


def test_every_line_has_a_reason():
    assert "**without a reason**" not in PAGE
