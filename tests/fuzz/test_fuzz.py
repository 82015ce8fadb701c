# SPDX-License-Identifier: MIT
"""Bounded runs of the fuzz targets under sanitizers, from the committed seeds."""
import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
FLAGS = """-std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -pthread
           -Ilibnpu/include -Ilibnpu/src -Ihw-model -Ihw-model/iss -Ifirmware/include -Itests/fuzz""".split()
SEED = int(os.environ.get("ONPU_SEED", "1"))

# What fuzz_api.c takes for: open the model of the NPU, make a session, run it.
SCRIPT = bytes([9, 0, 0, 0, 0, 11, 1, 0, 1, 0, 0, 13, 0, 7])

# By target: how many mutants, and with which options, if any, the seeds are compiled first.
RUNS = {
    "tflite": (200000, None),
    "compile": (4000, None),  # of the seeds that compile
    "program": (100000, [[], ["--preset", "nano", "--strip"]]),
    "api": (3000, None),  # of scripts in front of the seeds
}


@pytest.fixture(scope="module")
def mutate(tmp_path_factory):
    """The mutator with all targets."""
    library = BUILD / "asan" / "libnpu.a"
    if not library.exists():
        pytest.fail(f"{library} is missing: make check-build")
    program = tmp_path_factory.mktemp("fuzz") / "mutate"
    sources = [HERE / "mutate.c", *(HERE / f"fuzz_{target}.c" for target in RUNS)]
    subprocess.run([*shlex.split(os.environ.get("CC", "gcc")), *FLAGS, *map(str, sources), str(library), "-lm",
                    "-o", str(program)], cwd=ROOT, check=True)
    return program


def compile_seeds(files, variants, folder):
    """Programs of those seeds that are networks the compiler takes: by far most of them."""
    programs = []
    for i, options in enumerate(variants):
        for path in files:
            program = folder / f"{path.stem}-{i}.npu"
            done = subprocess.run([BUILD / "npu", "compile", path, "-o", program, "--quiet", *options],
                                  capture_output=True, text=True, check=False)
            assert done.returncode in (0, 1), done.stderr
            if done.returncode == 0:
                programs.append(program)
    assert len(programs) >= 0.8 * len(files) * len(variants)
    return programs


def write_scripts(files, folder):
    """Networks behind scripts that run them once and then go anywhere."""
    scripts = []
    for path in files:
        script = folder / f"{path.stem}.script"
        script.write_bytes(SCRIPT + random.Random(path.stem).randbytes(800) + path.read_bytes())
        scripts.append(script)
    return scripts


@pytest.mark.parametrize("target", RUNS)
def test_mutants(mutate, target, tmp_path):
    count, variants = RUNS[target]
    files = sorted(HERE.glob("seeds/*.tflite"))
    assert files
    if target in ("compile", "api"):
        # One seed has types that the front-end reads and no kernel runs.
        files = [f for f in files if f.stem != "int16_and_float"]
    if variants:
        files = compile_seeds(files, variants, tmp_path)
    if target == "api":
        files = write_scripts(files, tmp_path)
    # A script runs its network many times.
    limit = "10" if target == "api" else "1"
    done = subprocess.run([mutate, "--target", target, "--seed", str(SEED), "--count", str(count),
                           "--seconds", limit, "--save", tmp_path, *files], capture_output=True, text=True, check=False)
    print(f"seed {SEED}\n{done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert f"{count} mutants" in done.stdout


def test_every_target_is_run():
    targets = {path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.c")}
    # The firmware's inputs are not files: tests/unit/test_firmware.c runs that target.
    assert targets == set(RUNS) | {"firmware"}


def test_seeds_are_small():
    sizes = [path.stat().st_size for path in HERE.glob("*/*.tflite")]
    assert sizes and max(sizes) <= 8192 and sum(sizes) <= 60 * 1024


def test_seeds_are_current(tmp_path):
    """The committed files are what make_seeds.py writes."""
    subprocess.run([sys.executable, HERE / "make_seeds.py", tmp_path], check=True, stdout=subprocess.DEVNULL)
    for folder in ("seeds", "refused"):
        made = {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        committed = {path.name: path.read_bytes() for path in (HERE / folder).iterdir()}
        assert made == committed
