# SPDX-License-Identifier: MIT
"""A client of onpu-server: the vfio-user protocol, and a small host that boots the firmware and runs jobs."""
import mmap
import os
import re
import select
import socket
import struct
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
ASAN = BUILD / "asan" / "onpu-server"
IMAGE = BUILD / "firmware" / "onpu_fw.bin"
LIMIT = 600  # seconds for what takes a fraction of one, on a machine with nothing else to do


def constants(header, prefix):
    """Numbers of a C header, without the prefix."""
    text = (ROOT / header).read_text()
    return {name: int(value.rstrip("u"), 0)
            for name, value in re.findall(rf"#define +{prefix}(\w+) (0x[0-9a-f]+u?|\d+)\b", text)}


HOST = constants("hw-model/regs/onpu_regs.h", "ONPU_HOST_")
PCI = constants("firmware/include/onpu_pci.h", "ONPU_PCI_")
FW = constants("firmware/include/onpu_fw.h", "ONPU_FW_")

VERSION, DMA_MAP, DMA_UNMAP, DEVICE_INFO, REGION_INFO, REGION_FDS, IRQ_INFO, SET_IRQS, READ, WRITE = range(1, 11)
RESET = 13
NO_REPLY = 0x10
BAR0, CONFIG = 0, 7
INTX, MSI, MSIX, ERROR, REQUEST = range(5)
DATA_NONE, DATA_BOOL, DATA_EVENTFD, MASK, UNMASK, TRIGGER = (1 << bit for bit in range(6))

MODELS = {"iss-nano": ("iss", "nano"), "iss-base": ("iss", "base"), "rtl-nano": ("rtl", "nano"),
          "rtl-base": ("rtl", "base")}


def options(model):
    name, preset = MODELS[model]
    return "--model", name, "--preset", preset


def is_closed(there):
    try:
        return there.recv(1) == b""
    except ConnectionResetError:
        return True


class Server:
    """The program, and a client that has said hello."""

    def __init__(self, folder, *options, program=BUILD / "onpu-server", hello=True):
        self.path, self.control_path = folder / "s", folder / "c"
        self.errors = open(folder / "stderr", "w+", encoding="utf-8")
        self.process = subprocess.Popen([program, "--control", self.control_path, *options, self.path],
                                        stderr=self.errors, stdin=subprocess.DEVNULL,
                                        env={**os.environ, "ONPU_RTL_DIR": str(BUILD)})
        self.socket = self.connect(self.path)
        self.control_socket = None
        self.number = 0
        if hello:
            error, payload = self.call(VERSION, struct.pack("<HH", 0, 0) + b"{}\0")
            assert error == 0 and struct.unpack_from("<HH", payload) == (0, 0)

    def connect(self, path):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self.process.poll() is None:
            there = socket.socket(socket.AF_UNIX)
            there.settimeout(LIMIT)
            try:
                there.connect(str(path))
                return there
            except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
                there.close()
                time.sleep(0.01)
        raise AssertionError(f"no server at {path}: {self.stderr()}")

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def close(self):
        """Ends the client; the server's exit status."""
        for there in (self.socket, self.control_socket):
            if there:
                there.close()
        self.socket = self.control_socket = None
        try:
            return self.process.wait(LIMIT)
        finally:
            self.process.kill()
            self.process.wait()

    # ---- messages

    def send(self, command, payload=b"", fds=(), flags=0, size=None):
        self.number = (self.number + 1) & 0xffff
        head = struct.pack("<HHIII", self.number, command, 16 + len(payload) if size is None else size, flags, 0)
        # All descriptors come with the first byte.
        socket.send_fds(self.socket, [head], list(fds)) if fds else self.socket.sendall(head)
        if payload:
            self.socket.sendall(payload)

    def receive(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def reply(self):
        number, _, size, flags, error = struct.unpack("<HHIII", self.receive(16))
        assert number == self.number and flags & 0xf == 1 and bool(flags & 0x20) == bool(error)
        return error, self.receive(size - 16)

    def call(self, command, payload=b"", fds=()):
        self.send(command, payload, fds)
        return self.reply()

    def ok(self, command, payload=b"", fds=()):
        error, reply = self.call(command, payload, fds)
        assert error == 0, (command, os.strerror(error))
        return reply

    def read(self, region, offset, count):
        reply = self.ok(READ, struct.pack("<QII", offset, region, count))
        assert reply[:16] == struct.pack("<QII", offset, region, count)
        return reply[16:]

    def write(self, region, offset, data):
        self.ok(WRITE, struct.pack("<QII", offset, region, len(data)) + data)

    def config(self, offset, size=4):
        return int.from_bytes(self.read(CONFIG, offset, size), "little")

    def set_config(self, offset, value, size=4):
        self.write(CONFIG, offset, value.to_bytes(size, "little"))

    def register(self, name):
        return struct.unpack("<I", self.read(BAR0, HOST[name], 4))[0]

    def set_register(self, name, value):
        self.write(BAR0, HOST[name], struct.pack("<I", value))

    def map(self, fd, address, size, offset=0, flags=3):
        return self.call(DMA_MAP, struct.pack("<IIQQQ", 32, flags, offset, address, size),
                         () if fd is None else (fd,))[0]

    def unmap(self, address, size, flags=0):
        return self.call(DMA_UNMAP, struct.pack("<IIQQ", 24, flags, address, size))[0]

    def irqs(self, index, flags, count=1, fds=(), data=b"", start=0):
        return self.call(SET_IRQS, struct.pack("<5I", 20 + len(data), flags, index, start, count) + data, fds)[0]

    # ---- the control socket

    def control(self, line):
        if not self.control_socket:
            self.control_socket = self.connect(self.control_path)
        self.control_socket.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = self.control_socket.recv(65536)
            if not part:
                raise EOFError
            answer += part
        return answer.decode().rstrip("\n")

    def counters(self):
        answer = self.control("counters").split()
        assert answer[0] == "ok"
        return {name: int(value) for name, value in (word.split("=") for word in answer[1:])}

    # ---- configuration space

    def capabilities(self):
        at, found = self.config(0x34, 1), {}
        while at:
            found[self.config(at, 1)] = at
            at = self.config(at + 1, 1)
        return found

    def enable(self, master=True):
        self.set_config(4, 6 if master else 2, 2)


class Host:
    """Memory and page tables, as a driver has them; the layout is by offset in a memfd."""

    BUS = 0x100000000
    SIZE = 16 << 20
    CONTEXTS, ROOT_0, ROOT_1 = 0x0, 0x4000, 0x8000
    IMAGE, SHARED, RING, JOB = 2 << 20, 4 << 20, 6 << 20, 8 << 20
    IMAGE_VA, SHARED_VA, RING_VA, JOB_VA = 0x01000000, 0x02000000, 0x03000000, 0x00400000
    RECORDS, COMPLETIONS = 64, 0x3240
    CONTROL, HELLO, HEARTBEAT, HEAD, TAIL, CRASH, QUEUE = 0x40, 0x80, 0x100, 0x140, 0x180, 0x200, 0x240
    DEPTH = 4

    def __init__(self, server, image=None, index=MSIX):
        self.server, self.index = server, index
        self.fd = os.memfd_create("guest")
        os.ftruncate(self.fd, self.SIZE)
        self.memory = mmap.mmap(self.fd, self.SIZE)
        self.event = os.eventfd(0, os.EFD_NONBLOCK)
        self.image = image if image is not None else IMAGE.read_bytes()
        assert server.map(self.fd, self.BUS, self.SIZE) == 0
        self.put(self.CONTEXTS, "<QQ", self.BUS + self.ROOT_0 | 1, self.BUS + self.ROOT_1 | 1)
        for root, va, offset in ((self.ROOT_0, self.IMAGE_VA, self.IMAGE), (self.ROOT_0, self.SHARED_VA, self.SHARED),
                                 (self.ROOT_0, self.RING_VA, self.RING), (self.ROOT_1, self.JOB_VA, self.JOB)):
            self.put(root + 8 * (va >> 21), "<Q", self.BUS + offset | 0xf)
        self.memory[self.IMAGE:self.IMAGE + len(self.image)] = self.image

    def close(self):
        self.memory.close()
        os.close(self.fd)
        os.close(self.event)

    def put(self, offset, form, *values):
        struct.pack_into(form, self.memory, offset, *values)

    def get(self, offset, form="<I"):
        values = struct.unpack_from(form, self.memory, offset)
        return values if len(values) > 1 else values[0]

    def shared(self, offset, form="<I"):
        return self.get(self.SHARED + offset, form)

    def put_shared(self, offset, *words):
        self.put(self.SHARED + offset, f"<{len(words)}I", *words)

    # ---- interrupts

    def listen(self):
        assert self.server.irqs(self.index, DATA_EVENTFD | TRIGGER, fds=(self.event,)) == 0

    def interrupts(self):
        """How many since the last call."""
        try:
            return os.eventfd_read(self.event)
        except BlockingIOError:
            return 0

    def wait(self):
        assert select.select([self.event], [], [], LIMIT)[0], "no interrupt"
        return self.interrupts()

    def acknowledge(self):
        self.server.set_register("IRQ_ACK", 3)

    # ---- firmware

    def start(self):
        """Up to CONTROL.run."""
        size = self.COMPLETIONS + 64 * self.RECORDS
        self.memory[self.SHARED:self.SHARED + size] = bytes(size)
        self.put_shared(0, FW["CONFIG_MAGIC"], size, self.RECORDS)
        for name, value in (("CTX_TABLE_LO", (self.BUS + self.CONTEXTS) & 0xffffffff),
                            ("CTX_TABLE_HI", self.BUS >> 32), ("BOOT_VA", self.IMAGE_VA),
                            ("BOOT_SIZE", len(self.image)), ("SHARED_VA", self.SHARED_VA),
                            ("IRQ_ENABLE", 3), ("CONTROL", 1)):
            self.server.set_register(name, value)

    def boot(self):
        self.server.enable()
        self.listen()
        self.start()
        self.wait()
        self.acknowledge()
        assert self.shared(self.HELLO) == FW["HELLO_MAGIC"]
        assert self.shared(self.HELLO + 12) == 1
        self.put_shared(self.CONTROL, 1, self.shared(self.HELLO + 8) >> 16)
        self.server.set_register("DOORBELL", 0)
        self.wait()
        self.acknowledge()
        assert self.shared(self.HELLO + 12) == 2

    def enable_queue(self, slot=0, first=7):
        at = self.QUEUE + 128 * slot
        self.put_shared(at, 0, 0, 0, 1, self.RING_VA, self.DEPTH, first, 0)
        self.server.set_register("DOORBELL", slot)
        self.wait()
        self.acknowledge()
        assert self.shared(at + 64, "<3I") == (1, 1, 0)

    def stream(self, size, times=1):
        """Copies size bytes of region 0 by way of SRAM to region 1, several times, each after the one before."""
        commands = b""
        for done in range(times):
            for opcode, region, loads in ((0x10, 0, done), (0x20, 1, done + 1)):
                commands += struct.pack("<BBHIII", opcode, 14, 0, loads, 0, done)
                commands += struct.pack("<BBHIIIIIIIHHHH", region, 0, 1, 0, size, 0, 0, 0, 0, 0, 1, 0, 0, 0)
        return commands + struct.pack("<BBHIII", 1, 4, 0, times, 0, times)

    def submit(self, number, stream, size, slot=0, first=7, max_cycles=0):
        """A job with regions at 64 KiB and 128 KiB of the context."""
        self.memory[self.JOB:self.JOB + len(stream)] = stream
        at = self.RING + 64 * (number % self.DEPTH)
        self.put(at, "<IBBHIIIIQQ6I", first + number, 1, 2, 0, self.JOB_VA, len(stream), 0, 0, max_cycles, 0,
                 *[0] * 6)
        self.put(self.RING + 64 * self.DEPTH + 128 * (number % self.DEPTH), "<4I",
                 self.JOB_VA + 0x10000, size, self.JOB_VA + 0x20000, size)
        self.put_shared(self.QUEUE + 128 * slot, number + 1)
        self.server.set_register("DOORBELL", slot)

    def record(self, index):
        """seq, slot, status, fault, engine of a completion; None if it is not there."""
        if self.shared(self.TAIL) <= index:
            return None
        return self.shared(self.COMPLETIONS + 64 * (index % self.RECORDS), "<IBBBB")

    def drain(self, head):
        self.put_shared(self.HEAD, head, head)
