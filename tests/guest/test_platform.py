# SPDX-License-Identifier: MIT
"""The platform front-end: the PCI function, shown as a platform device by tests/kselftest/shim.

The same programs as through PCI, and what differs: on arm64 this device does not see the CPU's
caches, so that the driver's cache maintenance runs (whether it is right only a board can show).
"""
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build"))
PROGRAMS = ("test_smoke", "test_uapi", "test_coherence")
SCRIPT = """
echo "driver $(basename $(readlink /sys/bus/platform/devices/onpu/driver))"
echo "pci driver $(basename $(readlink /sys/bus/platform/devices/onpu/../driver))"
for p in {programs}; do echo "== $p"; ./$p 2>&1; done
echo onpu >/sys/bus/platform/drivers/onpu/unbind && echo onpu >/sys/bus/platform/drivers/onpu/bind &&
	./test_smoke >/dev/null && echo "bound again"
# Fences hold the module; the last ones are freed after the files that made them.
for i in $(seq 240); do rmmod onpu 2>/dev/null && break; sleep 0.5; done
rmmod onpu_shim && [ ! -e /sys/module/onpu ] && echo "removed"
""".format(programs=" ".join(PROGRAMS))


@pytest.fixture(scope="module", params=["x86_64", "arm64"])
def guest(request):
    """(architecture, status, output) of one guest that did it all."""
    built = BUILD / "guest" / request.param
    words = [ROOT / "tests/guest/run", "--arch", request.param,
             "--module", "vgem", "--module", built / "onpu_shim.ko", "--module", built / "onpu.ko",
             "--firmware", BUILD / "firmware/onpu_fw.bin",
             "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --model iss --control {{control}}"]
    for program in PROGRAMS:
        words += ["--file", built / program]
    done = subprocess.run([*map(str, words), "--", "sh", "-c", SCRIPT], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return request.param, done.returncode, done.stdout.decode(errors="replace")


def test_the_platform_front_end_has_it(guest):
    _, _, output = guest
    assert "\ndriver onpu\npci driver onpu_shim\n" in "\n" + output, output[-3000:]


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(guest, program):
    _, _, output = guest
    found = re.search(rf"^== {program}\n(.*?)(?=^== |^bound again|^removed|\Z)", output, re.M | re.S)
    assert found, output[-3000:]
    wanted = len(re.findall(r"^TEST(?:_F)?\(", (ROOT / f"tests/kselftest/{program}.c").read_text(), re.M))
    results = re.findall(r"^(ok|not ok) \d+ ", found[1], re.M)
    assert wanted and results == ["ok"] * wanted, found[1][-6000:]


def test_who_sees_the_caches(guest):
    arch, _, output = guest
    assert re.findall(r"sync_needed (\d)", output) == ["1" if arch == "arm64" else "0"], output[-3000:]


def test_it_goes_and_comes_back(guest):
    _, status, output = guest
    assert output.rstrip().endswith("bound again\nremoved"), output[-3000:]
    # The guest's log has no report either.
    assert status == 0, output[-6000:]
