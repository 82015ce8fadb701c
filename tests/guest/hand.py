#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The host's hand in a test that runs in a guest: a --hook of tests/guest/run.

usage: hand.py FOLDER, the one that is shared with the guest

A line "# host ID: COMMAND" of the guest's output is done, and the answer appears as FOLDER/ID.
COMMAND is a line for the device server's control socket, or "qmp NAME {ARGUMENTS}", or "wake": the
guest sleeps, or will, and is woken then.  Ends with the guest's last word.
"""
import json
import os
import re
import socket
import sys
import threading
import time
from pathlib import Path

ASKED = re.compile(rb"^# host (\S+): (.*?)\r?\n", re.M)
LAST_WORD = re.compile(rb"^GUEST-EXIT \d+", re.M)


def connect(path):
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(300)
    made.connect(path)
    return made


def control(line):
    """The server's answer; none from one that was told to die."""
    with connect(os.environ["GUEST_CONTROL"]) as server:
        server.sendall(line.encode() + b"\n")
        return server.makefile().readline().strip() or "ok: no answer"


class Monitor:
    """QEMU's, which has room for one."""

    def __init__(self):
        self.socket = connect(os.environ["GUEST_QMP"])
        self.lines = self.socket.makefile()
        self.lines.readline()
        self.ask("qmp_capabilities", {})

    def until(self, *keys):
        """The next line that has one of them; what comes before it is passed over."""
        for line in self.lines:
            said = json.loads(line)
            if any(key in said for key in keys):
                return said
        raise OSError("QEMU is gone")

    def ask(self, name, arguments):
        self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        answer = self.until("return", "error")
        if "error" in answer:
            raise OSError(answer["error"]["desc"])
        return answer["return"]

    def close(self):
        self.lines.close()
        self.socket.close()


def qmp(name, arguments):
    """OSError, as everywhere, if it cannot be done."""
    monitor = Monitor()
    try:
        monitor.ask(name, arguments)
        return "ok"
    finally:
        monitor.close()


def wake():
    """Beside what else is asked for."""
    monitor = Monitor()
    monitor.socket.settimeout(None)

    def wait():
        try:
            asleep = monitor.ask("query-status", {})["status"] == "suspended"
            while not asleep:
                asleep = monitor.until("event")["event"] == "SUSPEND"
            monitor.ask("system_wakeup", {})
        except OSError:
            pass
        monitor.close()

    threading.Thread(target=wait, daemon=True).start()
    return "ok"


def do(command):
    if command.startswith("qmp "):
        _, name, *rest = command.split(" ", 2)
        return qmp(name, json.loads(rest[0]) if rest else {})
    if command == "wake":
        return wake()
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
