# SPDX-License-Identifier: MIT
"""The driver's tests, run in guests: each program of tests/kselftest, on both architectures.

A guest boots once for each architecture and model and runs all programs; every test of theirs is
one here.  Their names are read from the sources, so that one that did not run is missed.
"""
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build"))
KSELFTEST = ROOT / "tests" / "kselftest"
# Programs that need the model to be quick run on the functional one only.
RTL_PROGRAMS = ["test_cost", "test_smoke"]


def names_of(program):
    text = (KSELFTEST / f"{program}.c").read_text()
    names = [f"{fixture}.{name}" for fixture, name in re.findall(r"^TEST_F\((\w+), (\w+)\)", text, re.M)]
    return names + [f"global.{name}" for name in re.findall(r"^TEST\((\w+)\)", text, re.M)]


PROGRAMS = sorted(path.stem for path in KSELFTEST.glob("test_*.c"))
CASES = [(arch, model, program, name)
         for arch in ("x86_64", "arm64")
         for model in ("iss", "rtl")
         for program in (PROGRAMS if model == "iss" else RTL_PROGRAMS)
         for name in names_of(program)]


class Guest:
    """What the programs said in one guest."""

    def __init__(self, arch, model):
        built = BUILD / "guest" / arch
        programs = PROGRAMS if model == "iss" else RTL_PROGRAMS
        script = "; ".join(f"echo '== {p}'; ./{p}" for p in programs)
        words = [ROOT / "tests/guest/run", "--arch", arch,
                 "--module", "vgem", "--module", built / "onpu.ko",
                 "--firmware", BUILD / "firmware/onpu_fw.bin",
                 "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --model {model} --control {{control}}"]
        for program in programs:
            words += ["--file", built / program]
        # A model of the RTL is slow: what is in time there is counted in cycles, but for this.
        words += ["--module-args", "onpu boot_timeout_ms=200000 hang_timeout_ms=0"] if model == "rtl" else []
        done = subprocess.run([*map(str, words), "--", "sh", "-c", script], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.status = done.returncode
        self.output = done.stdout.decode(errors="replace")
        self.results = {}
        program = None
        for line in self.output.splitlines():
            if line.startswith("== "):
                program = line[3:]
            found = re.match(r"(ok|not ok) \d+ (\S+)( # SKIP (.*))?", line)
            if found:
                self.results[program, found[2]] = (found[1], found[4])


@pytest.fixture(scope="session")
def guests():
    return {}


@pytest.mark.parametrize("arch,model,program,name", CASES)
def test_driver(guests, arch, model, program, name):
    if (arch, model) not in guests:
        guests[arch, model] = Guest(arch, model)
    guest = guests[arch, model]
    result, skip = guest.results.get((program, name), (None, None))
    if skip:
        pytest.skip(skip)
    assert result, f"it did not run (status {guest.status}):\n{guest.output[-3000:]}"
    assert result == "ok", guest.output[-6000:]


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
@pytest.mark.parametrize("model", ["iss", "rtl"])
def test_the_log_is_clean(guests, arch, model):
    if (arch, model) not in guests:
        guests[arch, model] = Guest(arch, model)
    # 1: a test failed, which is told above; more: the guest died, or its kernel complained.
    assert guests[arch, model].status in (0, 1), guests[arch, model].output[-6000:]


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
def test_fuzz(arch):
    """A few seconds; tests/guest/test_debug.py has more."""
    done = subprocess.run([*map(str, [
        ROOT / "tests/guest/run", "--arch", arch, "--module", BUILD / "guest" / arch / "onpu.ko",
        "--firmware", BUILD / "firmware/onpu_fw.bin", "--file", BUILD / "guest" / arch / "fuzz_ioctl",
        "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --control {{control}}",
        "--", "./fuzz_ioctl", "1", "8000"])], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-6000:]
    assert len(re.findall(r"^ok \d", output, re.M)) == 3 and "SKIP" not in output
