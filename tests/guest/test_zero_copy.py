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

# Beside the guest: asks for the log when the program is through, and is still there.
HOOK = '''
import os, socket, sys, time

def ask(line):
    control.sendall(line.encode() + b"\\n")
    answer = b""
    while not answer.endswith(b"\\n"):
        answer += control.recv(65536)
    return answer.decode()

control = socket.socket(socket.AF_UNIX)
control.connect(os.environ["GUEST_CONTROL"])
ask("log-dma on")
while True:
    output = open(os.environ["GUEST_OUTPUT"], "rb").read() if os.path.exists(os.environ["GUEST_OUTPUT"]) else b""
    if b"# Totals:" in output:
        break
    time.sleep(0.05)
open(sys.argv[1], "w").write(ask("dma"))
'''


def touched(text, kind):
    ranges = re.findall(rf"\b{kind}:0x([0-9a-f]+)-0x([0-9a-f]+)", text)
    return {page for start, end in ranges for page in range(int(start, 16), int(end, 16), PAGE)}


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
def test_zero_copy(arch, tmp_path):
    built = BUILD / "guest" / arch
    hook, log = tmp_path / "hook.py", tmp_path / "dma"
    hook.write_text(HOOK)
    words = [ROOT / "tests/guest/run", "--arch", arch, "--module", "vgem", "--module", built / "onpu.ko",
             "--firmware", BUILD / "firmware/onpu_fw.bin", "--file", built / "test_dmabuf",
             "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --model iss --control {{control}}",
             "--hook", shlex.join([sys.executable, str(hook), str(log)]),
             # The guest waits for the hook.
             "--", "sh", "-c", "./test_dmabuf -t udmabufs_are_used_in_place; status=$?; sleep 2; exit $status"]
    done = subprocess.run([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-6000:]
    frames = {kind: {int(frame, 16) for frame in re.findall(rf"^# frame {kind} 0x([0-9a-f]+)", output, re.M)}
              for kind in ("read", "written")}
    text = log.read_text()
    for kind, letter in (("read", "r"), ("written", "w")):
        assert len(frames[kind]) == 16, output
        missing = frames[kind] - touched(text, letter)
        assert not missing, f"not {kind}: {sorted(map(hex, missing))}\n{text}"
    # What it may only read is not written.
    assert not frames["read"] & touched(text, "w"), text
