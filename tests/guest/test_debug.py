# SPDX-License-Identifier: MIT
"""The driver under the debug kernel: KASAN, lockdep, DMA-API, kmemleak, failing allocations, a fuzzer.

Skipped where that kernel is not built; `make check-debug` builds it.  IOCTL_SECONDS and IOCTL_SEED
make the fuzzer run longer, and otherwise.
"""
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build")).resolve()
GUEST = ROOT / "tests" / "guest"
SECONDS = int(os.environ.get("IOCTL_SECONDS", "60"))
SEED = int(os.environ.get("IOCTL_SEED", "1"))
PROGRAMS = sorted(path.stem for path in (ROOT / "tests/kselftest").glob("test_*.c"))


@pytest.fixture(scope="module", autouse=True)
def kernel():
    for words in ([GUEST / "root", "--built"], [GUEST / "debug", "--built"]):
        if subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("the debug kernel is not built: make check-debug")


# A leak is found by the second scan that sees it, when it is five seconds old.
SCAN = "for i in 1 2; do sleep 6; echo scan > /sys/kernel/debug/kmemleak; done; cat /sys/kernel/debug/kmemleak"


def run(script, *options, device=True, server="", timeout=2000, leaks=False):
    words = [GUEST / "run", "--kernel", "debug", "--timeout", timeout, *options]
    if not leaks:
        words += ["--append", "kmemleak=off"]
    if device:
        words += ["--module", "vgem", "--module", BUILD / "guest/debug/onpu.ko",
                  "--firmware", BUILD / "firmware/onpu_fw.bin",
                  "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --control {{control}} {server}"]
    done = subprocess.run([*map(str, words), "--", "sh", "-c", script], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode(errors="replace")
    print(output)
    return done.returncode, output


def programs(*names):
    return [word for name in names for word in ("--file", BUILD / "guest/x86_64" / name)]


# A report of one kind can switch the others off: each in a guest of its own.
@pytest.mark.parametrize("bug, report", [
    ("use-after-free", "KASAN: slab-use-after-free"), ("lock-order", "possible circular locking"),
    ("sleep", "sleeping function called from invalid context"), ("dma", "DMA-API: .*different size")])
def test_a_planted_bug_is_reported(bug, report):
    status, output = run(f"insmod /modules/planted.ko bug={bug}", "--put", BUILD / "guest/debug/planted.ko",
                         device=False)
    assert status == 126 and re.search(report, output)


def leaked(output, module):
    """Reports of objects that the module allocated."""
    reports = re.findall(r"^unreferenced object .*\n(?:  .*\n)*", output, re.M)
    return [report for report in reports if f"[{module}]" in report]


def test_a_planted_leak_is_reported():
    status, output = run(f"insmod /modules/planted.ko bug=leak; {SCAN}", "--put", BUILD / "guest/debug/planted.ko",
                         device=False, leaks=True)
    assert status == 0 and len(leaked(output, "planted")) > 200


def test_programs_and_rmmod():
    """All programs, the device unbound and bound many times, the module gone: no report, no leak.  What is leaked
    once may hide in the allocator's lists; but all of this happens many times."""
    script = "; ".join(f"./{name} || bad=1" for name in PROGRAMS)
    script += ("; d=$(basename /sys/bus/pci/drivers/onpu/0000:*); cd /sys/bus/pci/drivers/onpu; "
               f"for i in $(seq 20); do echo $d > unbind; echo $d > bind; done; cd /; {SCAN}; "
               "rmmod onpu || bad=1; exit $bad")
    status, output = run(f"bad=0; {script}", *programs(*PROGRAMS), leaks=True)
    assert status == 0
    assert not leaked(output, "onpu")


@pytest.mark.parametrize("program, options, server", [
    ("fault_life", [*programs("npu"), "--file", ROOT / "tests/fuzz/seeds/classifier_int8.tflite"], ""),
    ("fault_removal", [], ""), ("fault_unplug", ["--hotplug"], "--msi")])
def test_the_driver_goes_with_open_files(program, options, server, tmp_path):
    """What is still mapped for a device without a driver is a report of the check of DMA mappings."""
    hand = shlex.join([sys.executable, str(GUEST / "hand.py"), str(tmp_path)])
    status, _ = run(f"./{program}", *programs(program), "--share", tmp_path, "--hook", hand, *options, server=server)
    assert status == 0


def test_allocations_that_fail():
    status, output = run("./fail_nth", *programs("fail_nth"),
                         # The check of DMA mappings gives up when its own memory is refused.
                         "--allow-log", "DMA-API: cacheline tracking ENOMEM, dma-debug disabled",
                         # The kernel removes an interrupt's file that it could not make.
                         "--allow-log", r"WARNING: fs/proc/generic.c:\d+ at remove_proc_entry")
    assert status == 0
    assert "not ok" not in output and output.count(" seen as errors") >= 9


def test_fuzz():
    status, output = run(f"./fuzz_ioctl {SEED} {SECONDS}s; s=$?; sleep 1; rmmod onpu || s=1; exit $s",
                         *programs("fuzz_ioctl"), timeout=SECONDS + 2000)
    assert status == 0
    assert len(re.findall(r"^ok \d", output, re.M)) == 3
