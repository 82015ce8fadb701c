#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The host's hand in a test that runs in a guest: a --hook of tests/guest/run.

usage: hand.py FOLDER, the one that is shared with the guest

A line "# host ID: COMMAND" of the guest's output is done, and the answer appears as FOLDER/ID.
COMMAND is a line for the device server's control socket, or "qmp NAME {ARGUMENTS}".  Ends with the
guest's last word.
"""
import json
import os
import re
import socket
import sys
import time
from pathlib import Path

ASKED = re.compile(rb"^# host (\S+): (.*?)\r?\n", re.M)
LAST_WORD = re.compile(rb"^GUEST-EXIT \d+", re.M)


def connect(path):
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(30)
    made.connect(path)
    return made


def control(line):
    """The server's answer; none from one that was told to die."""
    with connect(os.environ["GUEST_CONTROL"]) as server:
        server.sendall(line.encode() + b"\n")
        return server.makefile().readline().strip() or "ok: no answer"


def qmp(name, arguments):
    """QEMU's answer; events that come first are passed over."""
    with connect(os.environ["GUEST_QMP"]) as monitor:
        lines = monitor.makefile()
        lines.readline()
        for command in ({"execute": "qmp_capabilities"}, {"execute": name, "arguments": arguments}):
            monitor.sendall(json.dumps(command).encode() + b"\n")
            answer = {}
            while "return" not in answer and "error" not in answer:
                answer = json.loads(lines.readline())
    return f"error {answer['error']['desc']}" if "error" in answer else "ok"


def do(command):
    if command.startswith("qmp "):
        _, name, *rest = command.split(" ", 2)
        return qmp(name, json.loads(rest[0]) if rest else {})
    return control(command)


def main():
    folder, output = Path(sys.argv[1]), Path(os.environ["GUEST_OUTPUT"])
    seen, parent = 0, os.getppid()
    # A guest that died says no last word; with it goes who started us.
    while os.getppid() == parent:
        data = output.read_bytes() if output.exists() else b""
        for asked in ASKED.finditer(data, seen):
            seen = asked.end()
            try:
                answer = do(asked[2].decode())
            except OSError as reason:
                answer = f"error {reason}"
            # It appears whole.
            made = folder / f"{asked[1].decode()}.new"
            made.write_text(answer + "\n")
            made.rename(folder / asked[1].decode())
        if LAST_WORD.search(data, seen):
            return 0
        time.sleep(0.01)
    return 1


if __name__ == "__main__":
    sys.exit(main())
