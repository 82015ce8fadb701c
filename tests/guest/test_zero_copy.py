# SPDX-License-Identifier: MIT
"""No byte is moved: the device reads and writes the very pages that a program fills.

test_dmabuf.c prints the frames of its memory, as the kernel's pagemap has them; the device server
logs the pages that the device touches.  A bus address is a guest-physical one.
"""
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build"))
PAGE = 4096

# The log is taken while the device is still there.
SCRIPT = """
host() { echo "# host $1: $2"; until [ -e /host/$1 ]; do sleep 0.1; done; }
host on "log-dma on"
./test_dmabuf -t udmabufs_are_used_in_place
status=$?
host pages dma
exit $status
"""


def touched(text, kind):
    ranges = re.findall(rf"\b{kind}:0x([0-9a-f]+)-0x([0-9a-f]+)", text)
    return {page for start, end in ranges for page in range(int(start, 16), int(end, 16), PAGE)}


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
def test_zero_copy(arch, tmp_path):
    built = BUILD / "guest" / arch
    words = [ROOT / "tests/guest/run", "--arch", arch, "--module", "vgem", "--module", built / "onpu.ko",
             "--firmware", BUILD / "firmware/onpu_fw.bin", "--file", built / "test_dmabuf",
             "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --model iss --control {{control}}",
             "--share", tmp_path, "--hook", shlex.join([sys.executable, str(ROOT / "tests/guest/hand.py"), str(tmp_path)]),
             "--", "sh", "-c", SCRIPT]
    done = subprocess.run([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-6000:]
    frames = {kind: {int(frame, 16) for frame in re.findall(rf"^# frame {kind} 0x([0-9a-f]+)", output, re.M)}
              for kind in ("read", "written")}
    text = (tmp_path / "pages").read_text()
    assert text.startswith("ok "), text
    for kind, letter in (("read", "r"), ("written", "w")):
        assert len(frames[kind]) == 16, output
        missing = frames[kind] - touched(text, letter)
        assert not missing, f"not {kind}: {sorted(map(hex, missing))}\n{text}"
    # What it may only read is not written.
    assert not frames["read"] & touched(text, "w"), text
