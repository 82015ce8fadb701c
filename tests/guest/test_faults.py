# SPDX-License-Identifier: MIT
"""Everything that goes wrong, provoked from the host while a guest uses the device.

The guest's programs are tests/kselftest/fault_*.c; they ask the host through their output
(tests/guest/hand.py).  Every test of theirs is one here.
"""
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build")).resolve()
KSELFTEST = ROOT / "tests" / "kselftest"

# Options of tests/guest/run and of the server, by program.
OPTIONS = {
    "fault_life": (["--file", "{built}/npu", "--file", f"{ROOT}/tests/fuzz/seeds/classifier_int8.tflite"], ""),
    "fault_unplug": (["--hotplug"], "--msi"),
}
PROGRAMS = sorted(path.stem for path in KSELFTEST.glob("fault_*.c"))


def names_of(program):
    """Of its tests, from the source, so that one that did not run is missed."""
    text = (KSELFTEST / f"{program}.c").read_text()
    variants = re.findall(r"^LIE\((\w+), ", text, re.M)
    names = []
    for fixture, name in re.findall(r"^TEST_F(?:_TIMEOUT)?\((\w+), (\w+)", text, re.M):
        names += [f"{fixture}.{variant}.{name}" for variant in variants] or [f"{fixture}.{name}"]
    names += [f"fault.{kind}_error" for kind in re.findall(r"^BUS_ERRORS\((\w+), ", text, re.M)]
    return names + [f"global.{name}" for name in re.findall(r"^TEST\((\w+)\)", text, re.M)]


# On arm64, where memory, interrupts and bus are another machine's, faults of a device that stays, and its removal.  The
# others pass there too, in three minutes that would show nothing else, but for fault_sleep's machine_is_off: QEMU's arm64
# machine cannot suspend to RAM.
GUESTS = [*(("x86_64", program) for program in PROGRAMS), ("arm64", "fault_engine"), ("arm64", "fault_removal")]
CASES = [(arch, program, name) for arch, program in GUESTS for name in names_of(program)]


class Guest:
    """What a program said in a guest of its own."""

    def __init__(self, arch, program, share):
        options, server = OPTIONS.get(program, ([], ""))
        built = BUILD / "guest" / arch
        hand = shlex.join([sys.executable, str(ROOT / "tests/guest/hand.py"), str(share)])
        words = [ROOT / "tests/guest/run", "--arch", arch, "--module", built / "onpu.ko",
                 "--firmware", BUILD / "firmware/onpu_fw.bin", "--file", built / program, "--share", share,
                 "--hook", hand, *(option.format(built=built) for option in options),
                 "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --control {{control}} {server}"]
        done = subprocess.run([*map(str, words), "--", f"./{program}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.status, self.share = done.returncode, share
        self.output = done.stdout.decode(errors="replace")
        self.results = {name: result for result, name in
                        re.findall(r"^(ok|not ok) \d+ (\S+)", self.output, re.M)}


@pytest.fixture(scope="session")
def guests(tmp_path_factory):
    made = {}

    def get(arch, program):
        if (arch, program) not in made:
            made[arch, program] = Guest(arch, program, tmp_path_factory.mktemp(program))
        return made[arch, program]

    return get


@pytest.mark.parametrize("arch,program,name", CASES)
def test_fault(guests, arch, program, name):
    guest = guests(arch, program)
    assert name in guest.results, f"it did not run (status {guest.status}):\n{guest.output[-3000:]}"
    assert guest.results[name] == "ok", guest.output[-8000:]


def test_the_dump_names_the_culprit(guests):
    """fault_engine.c's firmware_is_dead: the high-priority job ran when firmware was stopped."""
    guest = guests("x86_64", "fault_engine")
    dump = guest.share / "firmware_is_dead.dump"
    assert dump.exists(), guest.output[-3000:]
    done = subprocess.run([BUILD / "npu", "coredump", dump, "--json"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["reset"]["reason"].startswith("no heartbeat")
    assert made["guilty"]["cookie"] == 0xbadc0de
    assert made["guilty"]["priority"] > max(job["priority"] for job in made["jobs"] if job["cookie"] != 0xbadc0de)
    assert made["guilty"]["stop"]["offset_source"] == "heartbeat"
    assert made["firmware"]["state"] == "running" and made["registers"] and made["log"]


@pytest.mark.parametrize("arch,program", GUESTS)
def test_the_log_is_clean(guests, arch, program):
    # 1: a test failed, which is told above; more: the guest died, or its kernel complained.
    assert guests(arch, program).status in (0, 1), guests(arch, program).output[-6000:]
