# SPDX-License-Identifier: MIT
"""Proofs of the hardware: all of hw-model/rtl/formal."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")


def test_proofs():
    done = subprocess.run(["make", "-s", "-C", ROOT / "hw-model" / "rtl", "formal", f"O={BUILD.resolve()}"],
                          capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    plan = next(int(line.split("..")[1]) for line in lines if line.startswith("1.."))
    assert plan > 0 and len([line for line in lines if line.startswith("ok ")]) == plan, done.stdout
