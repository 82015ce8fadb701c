# SPDX-License-Identifier: MIT
"""Many mixed jobs of several contexts, with kills and faults in between, on the functional model and on the
compiled hardware: every other result right, nothing left.  ONPU_LONG=1, as `make check-long` sets it: as many jobs as
docs/add-a-test.md says."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build")).resolve()
SEEDS = ROOT / "tests" / "fuzz" / "seeds"
SMALL = [SEEDS / f"{name}.tflite" for name in ("classifier_int8", "classifier_uint8", "upscale", "open_batch",
                                               "old_and_new")]
LARGER = BUILD / "models" / "face_short_128_int8.tflite"
LONG = os.environ.get("ONPU_LONG") == "1"
# Program, preset, device, jobs, jobs of the long run.
RUNS = [("tests/long_run", "nano", "iss", 5000, 100000),
        ("tests/long_run", "base", "iss", 5000, 100000),
        ("asan/long_run", "base", "iss", 1000, 20000),
        ("tests/long_run", "nano", "rtl", 200, 2000),
        ("tests/long_run", "base", "rtl", 50, 2000)]


@pytest.mark.parametrize("program, preset, device, jobs, long_jobs", RUNS)
def test_long_run(program, preset, device, jobs, long_jobs):
    networks = SMALL + [LARGER] * (device == "iss" and LARGER.exists())
    seed = os.environ.get("ONPU_SEED", "1")
    # What the sanitizer keeps of freed memory, to find its use, is not to look like a leak of the program's.
    done = subprocess.run([BUILD / program, preset, device, str(long_jobs if LONG else jobs), seed, *networks],
                          capture_output=True, text=True, timeout=7200, check=False,
                          env={**os.environ, "ONPU_RTL_DIR": str(BUILD), "ASAN_OPTIONS": "quarantine_size_mb=4"})
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
    assert "left out" not in done.stdout
