# SPDX-License-Identifier: MIT
"""Hostile programs, what jobs leave behind, kills and preemption at any moment, and a bus error at every access: the
functional model and the compiled hardware report the same, nobody else's memory changes, and the next job runs right."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cosim"))
from cosim import BUILD, ROOT, network  # noqa: E402

SMALL = ROOT / "tests" / "fuzz" / "seeds" / "classifier_int8.tflite"
LARGE = "face_short_128_int8"


def run(program, *arguments):
    done = subprocess.run([BUILD / "tests" / program, *map(str, arguments)], capture_output=True, text=True, timeout=900,
                          check=False, env={**os.environ, "ONPU_RTL_DIR": str(BUILD)})
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_hostile():
    run("hostile", "nano")


@pytest.mark.parametrize("preset", ("nano", "base"))
def test_leftovers(preset):
    run("leftovers", preset)


def test_any_moment():
    run("moments", "nano", SMALL, 16)


def test_every_beat():
    run("beats", "nano", SMALL)


def test_random_beats():
    path = network(LARGE)
    if path is None:
        pytest.skip(f"{LARGE} is not there")
    run("beats", "base", path, 4, 1)
