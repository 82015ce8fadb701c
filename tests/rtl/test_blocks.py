# SPDX-License-Identifier: MIT
"""Each block of the hardware by itself, against a model in C or C++; and Verilator's lint of all of them."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
RTL = ROOT / "hw-model" / "rtl"
BLOCKS = sorted(path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.cc"))
PRESETS = ("base", "nano")


def make(target, block, preset):
    return subprocess.run(["make", "-s", "-C", RTL, target, f"BLOCK={block}", f"PRESET={preset}",
                           f"O={BUILD.resolve()}"], capture_output=True, text=True, timeout=1200, check=False)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("block", BLOCKS)
def test_block(block, preset):
    done = make("test", block, preset)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    lines = done.stdout.splitlines()
    passed = [line for line in lines if line.startswith("ok ")]
    plan = next(int(line.split("..")[1]) for line in lines if line.startswith("1.."))
    assert len(passed) == plan and plan > 0, done.stdout[-6000:]


@pytest.mark.parametrize("preset", ("nano", "base", "wide"))
def test_lint(preset):
    done = make("lint", "top", preset)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
