# SPDX-License-Identifier: MIT
"""The control core's stack is large enough: the deepest chain of calls by the compiler's own account, and
what work on the compiled hardware left of the painted stack."""
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sim"))
from vfio_user import LIMIT, MSIX, Host, Server, options  # noqa: E402

# Bytes that must stay free, whatever is called.
MARGIN = 1024
SIZE = int(re.search(r"#define ONPU_STACK_SIZE (\w+)", (ROOT / "firmware/rv32/stack.h").read_text())[1], 0)
NODE = re.compile(r'^node: \{ title: "([^"]*)" label: "([^"]*)"', re.M)
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"', re.M)


HEADER = (ROOT / "firmware/include/onpu_fw.h").read_text()
# Log codes and statuses by name.
FW = {name: int(value) for name, value in re.findall(r"ONPU_FW_(\w+) = (\d+)", HEADER)}


def call_graph(folder):
    """Frame sizes and callees of the image that is shipped, at link time, after inlining."""
    subprocess.run(["make", "-s", "-C", ROOT / "firmware/rv32", f"O={folder}", "CFLAGS=-O2 -fcallgraph-info=su",
                    f"{folder}/onpu_fw.elf"], check=True, capture_output=True, text=True,
                   env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"})
    text = "".join(path.read_text() for path in folder.glob("*.ci"))
    frames, calls = {}, {}
    for title, label in NODE.findall(text):
        size = re.search(r"(\d+) bytes \((.*?)\)", label)
        if size:
            assert size[2] == "static", f"{title}: the frame's size is not known before it runs"
            frames[title] = int(size[1])
    for caller, callee in EDGE.findall(text):
        calls.setdefault(caller, set()).add(callee)
    return frames, calls


def deepest(name, frames, calls, above=()):
    """Bytes of the deepest chain of calls from a function, and the chain."""
    assert name not in above, f"recursion: {' -> '.join([*above, name])}"
    assert name in frames, f"{above[-1] if above else '?'} calls {name}, of which nothing is known"
    below = [deepest(callee, frames, calls, (*above, name)) for callee in sorted(calls.get(name, ()))]
    size, chain = max(below, default=(0, []))
    return frames[name] + size, [name.rsplit(":", 1)[-1], *chain]


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    return call_graph(tmp_path_factory.mktemp("stack"))


def test_deepest_chain_of_calls(graph):
    """Two entries: main, and the trap, which begins at the stack's top again."""
    frames, calls = graph
    assert {"main", "onpu_trap"} <= set(frames)
    for entry in ("main", "onpu_trap"):
        size, chain = deepest(entry, frames, calls)
        print(f"{entry}: {size} of {SIZE} bytes, {' -> '.join(chain)}")
        assert size <= SIZE - MARGIN


def test_recursion_and_unknown_calls_are_noticed():
    frames = {"main": 16, "a": 16, "b": 32}
    assert deepest("main", frames, {"main": {"a", "b"}, "a": {"b"}})[0] == 64
    with pytest.raises(AssertionError, match="recursion: main -> a -> b -> a"):
        deepest("main", frames, {"main": {"a"}, "a": {"b"}, "b": {"a"}})
    with pytest.raises(AssertionError, match="a calls __indirect_call, of which nothing is known"):
        deepest("main", frames, {"main": {"a"}, "a": {"__indirect_call"}})


class Busy(Host):
    """A host that makes firmware go all its ways: queues with rings and streams of their own, save areas."""

    HALT, LOG_HEAD, LOG = 2, 0x1c0, 0x2240

    def slot(self, slot):
        """What submit() writes is this slot's from now on."""
        self.RING, self.RING_VA = Host.RING + 0x80000 * slot, Host.RING_VA + 0x80000 * slot
        self.JOB, self.JOB_VA = Host.JOB + 0x40000 * slot, Host.JOB_VA + 0x40000 * slot

    def ring(self, slot):
        self.server.set_register("DOORBELL", slot)

    def enable(self, slot, priority, enable=1, depth=Host.DEPTH):
        self.slot(slot)
        save = 0x40000
        self.put_shared(self.QUEUE + 128 * slot, 0, 0, 0, enable, self.RING_VA, depth, 7, priority,
                        self.RING_VA + 0x4000, save)
        self.ring(slot)
        self.until(lambda: self.shared(self.QUEUE + 128 * slot + 64) == enable)
        return self.shared(self.QUEUE + 128 * slot + 68, "<2I")

    def until(self, condition):
        """Looking at the clock is what makes time pass."""
        for _ in range(LIMIT * 1000):
            if condition():
                return
            self.server.register("CYCLE_LO")
        raise AssertionError("it does not come")

    def status(self, index):
        self.until(lambda: self.record(index) is not None)
        self.drain(index + 1)
        self.acknowledge()
        return self.record(index)[1:3]

    def rounds(self, size, times):
        """A copy, and a PREEMPT with all of it live, several times."""
        copy, end = self.stream(size)[:-16], self.stream(size)[-16:]
        preempt = struct.pack("<BBHIII16I", 2, 20, 0, 0, 0, 0, 0, size, *[0] * 14)
        commands = copy + preempt
        for done in range(1, times):
            commands += (copy[:4] + struct.pack("<III", done, 0, done) + copy[16:56] +
                         copy[56:60] + struct.pack("<III", done + 1, 0, done) + copy[72:] + preempt)
        return commands + end[:4] + struct.pack("<III", times, 0, times)

    def log(self):
        """code and first argument of each entry, oldest first."""
        head = self.shared(self.LOG_HEAD)
        entries = [self.shared(self.LOG + 32 * (index % 128), "<QHBBI") for index in range(max(0, head - 128), head)]
        return [(entry[1], entry[4]) for entry in entries]


@pytest.mark.parametrize("model", ("rtl-nano",))
def test_painted_stack(model, tmp_path, graph):
    frames, calls = graph
    server = Server(tmp_path, *options(model))
    host = Busy(server, None, MSIX)
    try:
        host.boot()
        assert host.enable(0, 0) == (1, 0)
        assert host.enable(1, 2) == (1, 0)
        host.slot(0)
        size = 4096
        host.submit(0, host.stream(size), size)
        assert host.status(0) == (0, 0)
        # A job that is preempted, saved, restored.
        host.submit(1, host.rounds(size, 40), size)
        host.until(lambda: server.register("STATUS") >> 9 & 1)
        host.slot(1)
        host.submit(0, host.stream(size), size, slot=1)
        assert host.status(1) == (1, 0), "the job of higher priority is first"
        assert host.status(2) == (0, 0)
        # One that faults, one that is refused, one that is killed.
        host.slot(0)
        host.submit(2, b"\xee" * 64, size)
        assert host.status(3)[:2] == (0, FW["FAULT"])
        host.submit(3, host.stream(size), size, max_cycles=0)
        assert host.status(4) == (0, 0)
        host.submit(4, host.stream(size), size, first=9)
        assert host.status(5) == (0, FW["BAD_DESCRIPTOR"])
        host.submit(5, host.rounds(size, 40), size)
        host.until(lambda: server.register("STATUS") >> 9 & 1)
        host.put_shared(host.QUEUE + 4, 1, 7 + 5)
        host.ring(0)
        assert host.status(6) == (0, FW["KILLED"])
        # A queue that is broken, and one that is turned off.
        assert host.enable(2, 0, depth=3)[0] == 2
        host.enable(1, 0, enable=0)
        host.put_shared(host.CONTROL, host.HALT)
        host.ring(0)
        host.until(lambda: host.shared(host.HELLO + 12) == 3)
        log = host.log()
    finally:
        host.close()
        assert server.close() == 0, server.stderr()
    codes = {code for code, _ in log}
    assert codes >= {FW[f"LOG_{name}"] for name in ("PREEMPT", "RESUME", "FAULT", "BAD_JOB", "KILL", "QUEUE_BROKEN", "QUEUE_OFF")}
    code, used = log[-1]
    assert code == FW["LOG_HALT"]
    most = deepest("main", frames, calls)[0]
    print(f"{used} bytes were used, {most} can be, {SIZE} are there")
    assert 256 < used <= most
