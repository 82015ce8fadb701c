# SPDX-License-Identifier: MIT
"""What a job costs the host, in counts: register accesses, interrupts, page-table entries, allocations.

    ONPU_BUILD=build python3 tests/bench/driver.py

Boots a guest with each model that was built (`make check-guest-build`) and runs test_cost there.
Counts are the driver's own; beside them are those of the device server, which sees the same
accesses from the other side, boot included.  Nothing here fails because something is slow.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
GUEST = BUILD / "guest" / "x86_64"
NEEDED = [GUEST / "onpu.ko", GUEST / "test_cost", BUILD / "onpu-server", BUILD / "firmware/onpu_fw.bin"]

# Asks the server when the program is through, while it is still there.
HOOK = '''
import os, socket, sys, time
path = os.environ["GUEST_OUTPUT"]
while not (os.path.exists(path) and b"# Totals:" in open(path, "rb").read()):
    time.sleep(0.05)
control = socket.socket(socket.AF_UNIX)
control.connect(os.environ["GUEST_CONTROL"])
control.sendall(b"counters\\n")
open(sys.argv[1], "wb").write(control.recv(65536))
'''


def run(model):
    """(lines of the program, counters of the server)"""
    with tempfile.TemporaryDirectory() as folder:
        hook, counters = Path(folder) / "hook.py", Path(folder) / "counters"
        hook.write_text(HOOK)
        words = [ROOT / "tests/guest/run", "--timeout", "300", "--module", "vgem", "--module", GUEST / "onpu.ko",
                 "--firmware", BUILD / "firmware/onpu_fw.bin", "--file", GUEST / "test_cost",
                 "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --model {model} --control {{control}}",
                 "--hook", shlex.join([sys.executable, str(hook), str(counters)]),
                 "--", "sh", "-c", "./test_cost; status=$?; sleep 2; exit $status"]
        done = subprocess.run([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            sys.exit(f"test_cost, model {model}:\n{output}")
        return re.findall(r"^# cost (.*?)\r?$", output, re.M), counters.read_text().strip()


def main():
    missing = [path for path in NEEDED if not path.exists()]
    if missing:
        print(f"driver: no {missing[0].relative_to(ROOT)} (make check-guest-build)")
        return
    for model in ("iss", "rtl"):
        if model == "rtl" and not (BUILD / "libonpu_rtl_base.so").exists():
            continue
        lines, counters = run(model)
        print(f"\nThe driver with the model {model}\n")
        for line in lines:
            what, _, counts = line.partition(": ")
            print(f"{what.ljust(26)}{counts}")
        print(f"{'server, all of it'.ljust(26)}{counters.removeprefix('ok ')}")


if __name__ == "__main__":
    main()
