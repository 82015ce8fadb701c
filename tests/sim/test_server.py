# SPDX-License-Identifier: MIT
"""onpu-server, spoken to as QEMU does: PCI function, memory, interrupts, power, time, faults on
purpose."""
import os
import random
import struct
import time

import pytest

from vfio_user import (ASAN, BAR0, BUILD, CONFIG, DATA_BOOL, DATA_EVENTFD, DATA_NONE, DEVICE_INFO, DMA_MAP, ERROR,
                       FW, HOST, INTX, IRQ_INFO, LIMIT, MASK, MODELS, MSI, MSIX, NO_REPLY, PCI, READ, REGION_FDS,
                       REGION_INFO, REQUEST, RESET, TRIGGER, UNMASK, VERSION, WRITE, Host, Server, is_closed, options)

PRESET_ID = {"nano": 1, "base": 2}
ONES = b"\xff\xff\xff\xff"
BOOT = 0xf
HELD, RUNNING, BAD_CRC, BAD_MEMORY = 0, 2, 4, 5
EINVAL, EEXIST, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT = 22, 17, 2, 95, 93


class Bench:
    """A server and its host; both end with the test."""

    def __init__(self, folder, *arguments, **keywords):
        image, index = keywords.pop("image", None), keywords.pop("index", MSIX)
        self.server = Server(folder, *arguments, **keywords)
        self.host = Host(self.server, image, index)

    def close(self):
        self.host.close()
        assert self.server.close() == 0, self.server.stderr()


@pytest.fixture
def bench(tmp_path):
    made = []

    def make(*arguments, **keywords):
        made.append(Bench(tmp_path, *arguments, **keywords))
        return made[-1].server, made[-1].host

    yield make
    for one in made:
        one.close()


@pytest.fixture(params=("plain", "sanitized"))
def iss(bench, request):
    return bench(*options("iss-nano"), program=BUILD / "onpu-server" if request.param == "plain" else ASAN)


def until(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def boot_state(server):
    return server.register("STATUS") & BOOT


def until_idle(server):
    until(lambda: server.control("state") == "ok idle")


# ---- a host boots it, and runs jobs ------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_job(bench, model):
    server, host = bench(*options(model))
    assert server.register("ID") == 0xffffffff, "memory is not enabled yet"
    host.boot()
    assert server.register("CONFIG") & 0xff == PRESET_ID[MODELS[model][1]]
    assert boot_state(server) == RUNNING
    host.enable_queue()
    size = 3 * 4096
    data = random.Random(1).randbytes(size)
    host.memory[host.JOB + 0x10000:host.JOB + 0x10000 + size] = data
    assert server.control("log-dma on") == "ok" and server.control("reset-counters") == "ok"
    host.submit(0, host.stream(size), size)
    host.wait()
    counted = server.counters()
    assert host.record(0) == (7, 0, 0, 0, 0)
    assert host.memory[host.JOB + 0x20000:host.JOB + 0x20000 + size] == data
    assert (counted["mmio-reads"], counted["mmio-writes"], counted["doorbells"], counted["interrupts"]) == (0, 1, 1, 1)
    assert size <= counted["dma-read-bytes"] < size + 4096 and size <= counted["dma-write-bytes"] < size + 4096
    assert counted["bus-errors"] == 0
    touched = server.control("dma").split()[1:]
    job = host.BUS + host.JOB
    assert f"r:{job + 0x10000:#x}-{job + 0x10000 + size:#x}" in touched, touched
    assert f"w:{job + 0x20000:#x}-{job + 0x20000 + size:#x}" in touched, touched
    written = [word for word in touched if word[0] == "w"]
    shared = host.BUS + host.SHARED
    assert all(shared <= int(word[2:].split("-")[0], 16) < shared + 0x5000 for word in written
               if f"{job + 0x20000:#x}" not in word), "it writes nowhere else"


@pytest.mark.parametrize("model", ("iss-nano", "rtl-nano"))
def test_time_stands_while_nobody_looks(bench, model):
    server, host = bench(*options(model))
    host.boot()
    until_idle(server)
    cycles, beats = server.control("cycles"), host.shared(host.HEARTBEAT + 20)
    assert server.register("ID") == HOST["ID_VALUE"]
    time.sleep(0.2)
    assert int(server.control("cycles").split()[1]) - int(cycles.split()[1]) < 200
    for look in range(3):
        server.register("CYCLE_LO")
        until_idle(server)
        assert host.shared(host.HEARTBEAT + 20) > beats + look, "a look, a heartbeat"


def test_registers_are_answered_while_a_job_runs(bench):
    server, host = bench(*options("rtl-nano"))
    host.boot()
    host.enable_queue()
    host.submit(0, host.stream(32768, 20), 32768)
    seen = 0
    while host.record(0) is None:
        seen += server.register("STATUS") >> 9 & 1
    assert host.record(0)[2] == 0
    assert seen, "busy, and answering"


# ---- the function -------------------------------------------------------------------------


def test_version(tmp_path):
    server = Server(tmp_path, hello=False)
    assert server.call(VERSION, struct.pack("<HH", 1, 0) + b"{}\0")[0] == EPROTONOSUPPORT
    assert server.call(VERSION, b"\0")[0] == EINVAL
    assert server.call(VERSION, struct.pack("<HH", 0, 7) + b"no JSON")[1][:4] == bytes(4)
    assert server.close() == 0


@pytest.mark.parametrize("msi", (False, True))
def test_information(bench, msi):
    server, _ = bench(*(["--msi"] if msi else []))
    assert struct.unpack("<4I", server.ok(DEVICE_INFO, struct.pack("<4I", 16, 0, 0, 0)))[1:] == (3, 9, 5)
    for index in range(9):
        reply = server.ok(REGION_INFO, struct.pack("<4IQQ", 32, 0, index, 0, 0, 0))
        _, flags, same, _, size, _ = struct.unpack("<4IQQ", reply)
        assert same == index and size == {BAR0: PCI["BAR_SIZE"], CONFIG: 4096}.get(index, 0)
        assert flags == (3 if size else 0)
    for index in range(5):
        _, flags, _, count = struct.unpack("<4I", server.ok(IRQ_INFO, struct.pack("<4I", 16, 0, index, 0)))
        there = index in (INTX, MSI if msi else MSIX, ERROR, REQUEST)
        assert count == there and bool(flags & 1) == there
    for command, payload in ((REGION_INFO, struct.pack("<4IQQ", 32, 0, 9, 0, 0, 0)),
                             (IRQ_INFO, struct.pack("<4I", 16, 0, 5, 0)), (REGION_INFO, b""),
                             (DEVICE_INFO, struct.pack("<4I", 15, 0, 0, 0))):
        assert server.call(command, payload)[0] == EINVAL
    assert server.call(REGION_FDS, bytes(32))[0] == EOPNOTSUPP


@pytest.mark.parametrize("preset", PRESET_ID)
def test_configuration_space(bench, preset):
    server, _ = bench("--preset", preset)
    assert server.config(0) == PCI["DEVICE"] << 16 | PCI["VENDOR"]
    assert server.config(8) >> 8 == PCI["CLASS"]
    assert server.config(0x2c) == PRESET_ID[preset] << 16 | PCI["VENDOR"]
    server.set_config(0x10, 0xffffffff)
    assert server.config(0x10) == 0x100000000 - PCI["BAR_SIZE"]
    server.set_config(0, 0)
    assert server.config(0) == PCI["DEVICE"] << 16 | PCI["VENDOR"], "read only"
    found = server.capabilities()
    assert set(found) == {1, 0x10, 0x11}
    assert server.config(found[0x11] + 2, 2) & 0x7ff == 0, "one vector"
    table, pba = server.config(found[0x11] + 4), server.config(found[0x11] + 8)
    assert (table, pba) == (PCI["MSIX_TABLE"], PCI["MSIX_PBA"])
    assert PCI["HOST_PAGE"] + PCI["HOST_PAGE_SIZE"] <= PCI["BAR_SIZE"] // 2 <= table
    assert server.config(found[0x10] + 4) >> 28 & 1, "FLR"
    assert not server.config(found[1] + 4, 2) & 8, "D3hot loses state"
    server.set_config(found[1] + 4, 1, 2)
    assert server.config(found[1] + 4, 2) == 0, "there is no D1"


def test_msi(bench):
    server, host = bench(*options("iss-nano"), "--msi", index=MSI)
    at = server.capabilities()[5]
    assert server.config(at + 2, 2) == 0x80
    host.boot()


def test_registers_have_32_bits(iss):
    server, _ = iss
    server.enable()
    assert server.read(BAR0, 0, 4) == b"ONPU" and server.read(BAR0, 0, 8)[:4] == b"ONPU"
    for offset, size in ((0, 1), (0, 2), (1, 4), (2, 2), (0, 7)):
        assert server.read(BAR0, offset, size) == b"\xff" * size
    server.write(BAR0, HOST["BOOT_VA"] + 2, b"\1\2")
    assert server.register("BOOT_VA") == 0
    assert server.read(BAR0, PCI["MSIX_TABLE"], 16) == bytes(16)
    server.send(WRITE, struct.pack("<QIII", HOST["BOOT_VA"], BAR0, 4, 64), flags=NO_REPLY)
    assert server.register("BOOT_VA") == 64
    for offset, region, count in ((PCI["BAR_SIZE"], BAR0, 4), (PCI["BAR_SIZE"] - 2, BAR0, 4), (0, BAR0, 0), (0, 1, 4),
                                  ((1 << 64) - 2, BAR0, 4), (0, CONFIG, 4097), (0, 77, 4)):
        assert server.call(READ, struct.pack("<QII", offset, region, count))[0] == EINVAL
        assert server.call(WRITE, struct.pack("<QII", offset, region, count) + bytes(count))[0] == EINVAL
    assert server.call(WRITE, struct.pack("<QIII", 0, BAR0, 8, 0))[0] == EINVAL, "bytes are missing"


# ---- memory -------------------------------------------------------------------------------


def fails_to_boot(server, host, state):
    server.enable()
    host.listen()
    host.start()
    host.wait()
    assert server.register("IRQ_STATUS") & 2, "fatal"
    return boot_state(server) == state


@pytest.mark.parametrize("model", ("iss-nano", "rtl-nano"))
def test_without_bus_mastering_nothing_is_read(bench, model):
    server, host = bench(*options(model))
    server.enable(master=False)
    host.listen()
    host.start()
    until(lambda: boot_state(server) == BAD_MEMORY)
    assert server.register("FAULT_STATUS") & 1
    counted = server.counters()
    assert counted["dma-read-bytes"] == 0 and counted["bus-errors"] > 0
    assert host.interrupts() == 0, "a message would be a write"
    server.enable()
    assert host.wait() == 1, "and is one, later"


@pytest.mark.parametrize("model", ("iss-nano", "rtl-nano"))
def test_unmapped_memory_is_a_bus_error(bench, model):
    server, host = bench(*options(model))
    assert server.unmap(host.BUS, host.SIZE) == 0
    # All but the image.
    assert server.map(host.fd, host.BUS, host.IMAGE) == 0
    assert fails_to_boot(server, host, BAD_MEMORY)
    assert server.register("FAULT_STATUS") >> 8 & 0xff == 11, "bus"
    assert server.register("FAULT_VA") == host.IMAGE_VA


def test_memory_in_pieces(iss):
    """One buffer across two mappings; one of them cannot be written."""
    server, host = iss
    server.unmap(0, 0, flags=2)
    for offset in range(0, host.SIZE, 1 << 20):
        assert server.map(host.fd, host.BUS + offset, 1 << 20, offset) == 0
    host.boot()
    host.enable_queue()
    cut = host.JOB + 0x21000
    for address, size, error in ((host.BUS + host.JOB, 0x21000, EINVAL), (host.BUS + host.JOB, 1 << 20, 0)):
        assert server.unmap(address, size) == error
    assert server.map(host.fd, host.BUS + host.JOB, 0x21000, host.JOB) == 0
    assert server.map(host.fd, host.BUS + cut, (1 << 20) - 0x21000, cut, flags=1) == 0
    host.memory[host.JOB + 0x10000:host.JOB + 0x12000] = b"x" * 0x2000
    host.submit(0, host.stream(4096), 4096)
    host.wait()
    assert host.record(0)[2] == 0
    host.acknowledge()
    host.drain(1)
    host.submit(1, host.stream(8192), 8192)
    host.wait()
    assert host.record(1)[2:4] == (1, 11), "bus"


def test_memory_that_is_taken_away(iss):
    server, host = iss
    os.ftruncate(host.fd, host.IMAGE)
    server.enable()
    host.listen()
    for name, value in (("CTX_TABLE_HI", host.BUS >> 32), ("BOOT_VA", host.IMAGE_VA), ("BOOT_SIZE", 8192),
                        ("IRQ_ENABLE", 3), ("CONTROL", 1)):
        server.set_register(name, value)
    host.wait()
    assert boot_state(server) == BAD_MEMORY
    os.ftruncate(host.fd, host.SIZE)


def test_mappings(iss):
    server, host = iss
    end = host.BUS + host.SIZE
    file = os.memfd_create("other")
    os.ftruncate(file, 1 << 20)
    try:
        for address, size, offset, error in (
                (end - 4096, 4096, 0, EEXIST), (host.BUS - 4096, 8192, 0, EEXIST), (host.BUS, 4096, 0, EEXIST),
                (end, 0, 0, EINVAL), (end, 4096, 1 << 20, EINVAL), (end, 4097 << 8, 0, EINVAL),
                (end, 4096, 1 << 63, EINVAL), ((1 << 64) - 4096, 8192, 0, EINVAL), (end, 4096, 1, EINVAL),
                ((1 << 64) - 4096, 4096, 0, 0), (end, 4096, 4096, 0)):
            assert server.map(file, address, size, offset) == error, (hex(address), size, offset)
        read, write = os.pipe()
        assert server.map(read, 0, 4096) == EINVAL, "no memory"
        os.close(read)
        os.close(write)
        assert server.map(None, 0, 1 << 31) == 0, "memory that the server cannot reach is no error"
        assert server.unmap(0, 1 << 30) == EINVAL, "only a part of one"
        assert server.unmap(0, 1 << 31) == 0
        assert server.unmap(0, 4096) == ENOENT
        assert server.unmap(0, 0) == EINVAL
        assert server.unmap(end, 4096, flags=1) == EINVAL
        assert server.call(DMA_MAP, struct.pack("<IIQQQ", 32, 3, 0, 0, 4096), (file, file))[0] == EINVAL
        assert server.call(DMA_MAP, struct.pack("<IIQQQ", 32, 7, 0, 0, 4096), (file,))[0] == EINVAL
        assert server.unmap(0, 0, flags=2) == 0
    finally:
        os.close(file)


# ---- interrupts ---------------------------------------------------------------------------


def test_no_interrupt_is_lost(iss):
    server, host = iss
    server.enable()
    host.listen()
    host.image = host.image[:100]
    host.start()
    assert host.wait() == 1
    server.set_register("IRQ_ACK", 1)
    assert host.wait() == 1, "a cause is left"
    server.set_register("IRQ_ENABLE", 1)
    assert host.interrupts() == 0
    server.set_register("IRQ_ENABLE", 3)
    assert host.wait() == 1, "the line rises again"
    host.acknowledge()
    assert host.interrupts() == 0 and server.register("IRQ_STATUS") == 0
    assert server.irqs(MSIX, DATA_NONE | TRIGGER, count=0) == 0
    host.start()
    server.set_register("CONTROL", 0)
    host.start()
    until(lambda: server.register("IRQ_STATUS") & 2)
    assert host.interrupts() == 0
    host.listen()
    assert host.wait() == 1, "one that nobody listened to"
    host.acknowledge()
    assert server.irqs(MSIX, DATA_NONE | MASK) == 0
    server.set_register("CONTROL", 0)
    host.start()
    until(lambda: server.register("IRQ_STATUS") & 2)
    assert host.interrupts() == 0
    assert server.irqs(MSIX, DATA_NONE | UNMASK) == 0
    assert host.wait() == 1


def test_wired_interrupt(bench):
    server, host = bench(*options("iss-nano"), index=INTX)
    server.enable()
    host.listen()
    host.start()
    assert host.wait() == 1
    assert server.config(6, 2) >> 3 & 1, "interrupt status"
    assert server.irqs(INTX, DATA_NONE | UNMASK) == 0
    assert host.wait() == 1, "it is a level"
    host.acknowledge()
    assert server.irqs(INTX, DATA_NONE | UNMASK) == 0
    assert host.interrupts() == 0
    assert not server.config(6, 2) >> 3 & 1
    server.set_config(4, 0x406, 2)
    host.put_shared(host.CONTROL, 1, host.shared(host.HELLO + 8) >> 16)
    server.set_register("DOORBELL", 0)
    until(lambda: server.register("IRQ_STATUS") & 1)
    assert host.interrupts() == 0, "disabled by the command register"
    server.set_config(4, 6, 2)
    assert host.wait() == 1


def test_set_irqs(iss):
    server, host = iss
    read, write = os.pipe()
    eventfd = DATA_EVENTFD | TRIGGER
    for index, flags, count, fds, data, start in (
            (MSIX, eventfd, 1, (write,), b"", 0), (MSIX, eventfd, 2, (host.event, host.event), b"", 0),
            (MSIX, eventfd, 1, (host.event, host.event), b"", 0), (MSIX, eventfd, 1, (host.event,), b"", 1),
            (MSIX, eventfd, 1, (host.event,), b"", 0xffffffff), (MSI, eventfd, 1, (host.event,), b"", 0),
            (5, eventfd, 1, (host.event,), b"", 0), (MSIX, TRIGGER, 1, (), b"", 0), (MSIX, DATA_NONE, 1, (), b"", 0),
            (MSIX, DATA_NONE | DATA_BOOL | TRIGGER, 1, (), b"\1", 0), (MSIX, DATA_BOOL | TRIGGER, 1, (), b"", 0),
            (MSIX, DATA_NONE | MASK | UNMASK, 1, (), b"", 0), (MSIX, DATA_NONE | MASK, 0, (), b"", 0),
            (MSIX, 0x100 | eventfd, 1, (host.event,), b"", 0)):
        assert server.irqs(index, flags, count, fds, data, start) == EINVAL, (index, flags, count, start)
    host.listen()
    assert server.irqs(MSIX, DATA_NONE | TRIGGER) == 0 and host.wait() == 1, "a test of the wires"
    assert server.irqs(MSIX, DATA_BOOL | TRIGGER, data=b"\0") == 0 and host.interrupts() == 0
    assert server.irqs(MSIX, DATA_BOOL | TRIGGER, data=b"\1") == 0 and host.wait() == 1
    for index in (ERROR, REQUEST):
        assert server.irqs(index, eventfd, fds=(host.event,)) == 0
    os.close(read)
    os.close(write)


# ---- power and resets ---------------------------------------------------------------------


def is_lost(server, host):
    """Nothing is left of what the host has set; memory and eventfd are, and it boots again."""
    assert server.config(4, 2) == 0 and server.read(BAR0, 0, 4) == ONES
    server.enable()
    assert [server.register(name) for name in ("BOOT_VA", "SHARED_VA", "IRQ_ENABLE", "CTX_TABLE_HI")] == [0] * 4
    assert boot_state(server) == HELD
    host.boot()
    return True


@pytest.mark.parametrize("model", ("iss-nano", "rtl-nano"))
def test_power(bench, model):
    server, host = bench(*options(model))
    host.boot()
    control = server.capabilities()[1] + 4
    server.set_config(control, 3, 2)
    assert server.control("state") == "ok d3"
    assert server.read(BAR0, 0, 4) == ONES, "off"
    server.enable()
    assert server.read(BAR0, 0, 4) == ONES
    assert server.config(0) == PCI["DEVICE"] << 16 | PCI["VENDOR"], "the configuration space answers"
    server.set_config(4, 0, 2)
    server.set_config(control, 0, 2)
    assert is_lost(server, host)


def test_function_level_reset(iss):
    server, host = iss
    host.boot()
    control = server.capabilities()[0x10] + 8
    value = server.config(control, 2)
    server.set_config(control, value | 0x8000, 2)
    assert server.config(control, 2) == value
    assert is_lost(server, host)


def test_device_reset(iss):
    server, host = iss
    host.boot()
    server.ok(RESET)
    assert is_lost(server, host)


# ---- what goes wrong on purpose -----------------------------------------------------------


def inject(server, fault):
    assert server.control(f"inject {fault}") == "ok"


@pytest.mark.parametrize("model, fault, state", (
    ("iss-nano", "bus-read 3", BAD_MEMORY), ("rtl-nano", "bus-read 3", BAD_MEMORY),
    ("rtl-nano", "core-bus 1", BAD_MEMORY), ("iss-nano", "corrupt-image 1000", BAD_CRC)))
def test_boot_fails(bench, model, fault, state):
    server, host = bench(*options(model))
    inject(server, fault)
    assert fails_to_boot(server, host, state)
    host.acknowledge()
    server.set_register("CONTROL", 0)
    host.boot()


def test_firmware_crashes(iss):
    server, host = iss
    inject(server, "core-bus 1")
    server.enable()
    host.listen()
    host.start()
    host.wait()
    assert boot_state(server) == RUNNING and host.shared(host.HELLO + 12) != 1
    assert server.register("IRQ_STATUS") & 2 and server.register("FW_CRASH") == 1, "the shared block"


# The fault is past what firmware reads and writes, with or without a heartbeat, in what the job moves.
@pytest.mark.parametrize("model, fault", (
    ("iss-nano", "bus-read 14"), ("iss-nano", "bus-write 8"), ("iss-nano", "engine-bus 2"),
    ("rtl-nano", "bus-write 1000"), ("rtl-nano", "engine-bus 2")))
def test_job_fails_on_the_bus(bench, model, fault):
    server, host = bench(*options(model))
    host.boot()
    host.enable_queue()
    inject(server, fault)
    host.submit(0, host.stream(4096, 20), 4096)
    host.wait()
    assert host.record(0)[2:4] == (1, 11)
    host.acknowledge()
    host.drain(1)
    host.submit(1, host.stream(4096), 4096)
    host.wait()
    assert host.record(1)[2] == 0, "and the next one does not"


def test_lost_interrupt(iss):
    server, host = iss
    inject(server, "lost-interrupt")
    server.enable()
    host.listen()
    host.start()
    until(lambda: host.shared(host.HELLO + 12) == 1)
    assert host.interrupts() == 0 and server.register("IRQ_STATUS") == 1


def test_hang_and_stuck_bus(iss):
    """The job does not end; the engines are reset, though the bus does not drain."""
    server, host = iss
    host.boot()
    host.enable_queue()
    inject(server, "hang 1")
    inject(server, "stuck-bus 1")
    host.submit(0, host.stream(4096), 4096, max_cycles=100000)
    host.wait()
    assert host.record(0)[2] == 3, "engine reset"
    server.set_register("CONTROL", 3)
    assert not server.register("STATUS") >> 8 & 1
    inject(server, "stuck-bus 0")
    assert server.register("STATUS") >> 8 & 1


def test_dead_firmware_is_noticed(iss):
    """A doorbell that nobody hears: the clock passes 16 heartbeats, and the heart stands."""
    server, host = iss
    host.boot()
    until_idle(server)
    inject(server, "stop-firmware 1")
    beats, begin = host.shared(host.HEARTBEAT + 20), int(server.control("cycles").split()[1])
    server.set_register("DOORBELL", 0)
    until(lambda: int(server.control("cycles").split()[1]) - begin
          > FW["HEARTBEATS_DEAD"] * FW["HEARTBEAT_CYCLES"])
    until_idle(server)
    assert host.shared(host.HEARTBEAT + 20) == beats
    server.set_register("CONTROL", 1 << 9)
    inject(server, "stop-firmware 0")
    host.boot()


def test_removed(iss):
    server, host = iss
    host.boot()
    inject(server, "removal 1")
    assert server.register("ID") == 0xffffffff
    inject(server, "removal 0")
    assert server.register("ID") == HOST["ID_VALUE"]
    assert server.control("remove") == "ok" and server.control("state") == "ok removed"
    assert server.register("ID") == 0xffffffff and server.config(0) == 0xffffffff
    server.set_config(4, 0, 2)
    server.ok(RESET)
    assert server.register("ID") == 0xffffffff and server.config(0) == 0xffffffff


def test_die(tmp_path):
    server = Server(tmp_path)
    with pytest.raises((EOFError, ConnectionResetError)):
        server.control("die")
    with pytest.raises((EOFError, OSError)):
        server.read(CONFIG, 0, 4)
    assert server.close() == 3


def test_slow_memory(bench):
    server, host = bench(*options("rtl-nano"))
    control = server.capabilities()[0x10] + 8
    cycles = []
    for memory in (None, "bw=1,latency=1000"):
        if memory:
            assert server.control(f"slow {memory}").startswith("ok")
            server.set_config(control, 0x8000, 2)
        host.boot()
        host.enable_queue()
        host.submit(0, host.stream(4096), 4096)
        host.wait()
        start, end = host.shared(host.COMPLETIONS + 32, "<QQ")
        cycles.append(end - start)
    assert cycles[1] > cycles[0] + 8192 - 4096 // 4, cycles


def test_control_answers_nonsense(iss):
    server, _ = iss
    for line, answer in (("", "error there is no command ''"), ("frobnicate", "error there is no command"),
                         ("inject", "error inject takes an argument"), ("cycles 1", "error cycles takes no argument"),
                         ("inject gremlin 1", "error there is no fault 'gremlin'"),
                         ("inject hang -1", "error inject hang: '-1' is not a number"),
                         ("inject hang 1 2", "error inject hang: '1 2' is not a number"),
                         ("slow bw=1", "error the functional model"), ("dma", "error nothing is logged"),
                         ("log-dma maybe", "error log-dma: 'maybe'"), ("log-dma off", "ok")):
        assert server.control(line).startswith(answer), line
    # Neither too long a line nor too many peers harm the others.
    endless = server.connect(server.control_path)
    endless.sendall(b"x" * 1000)
    assert is_closed(endless)
    endless.close()
    peers = [server.connect(server.control_path) for _ in range(8)]
    assert server.control("state").startswith("ok")
    for peer in peers:
        peer.close()
