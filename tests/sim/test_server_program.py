# SPDX-License-Identifier: MIT
"""onpu-server as a program: its command line, its end, and a peer that sends what QEMU never would."""
import os
import random
import signal
import struct
import subprocess

import pytest

from vfio_user import (ASAN, BAR0, BUILD, CONFIG, DATA_EVENTFD, DEVICE_INFO, DMA_MAP, DMA_UNMAP, IRQ_INFO, LIMIT,
                       READ, REGION_INFO, RESET, SET_IRQS, TRIGGER, VERSION, WRITE, Host, Server, is_closed, options)


def test_command_line(tmp_path):
    for arguments, status, text in (
            (("--help",), 0, "usage: onpu-server"), ((), 2, "where is the socket"),
            (("a", "b"), 2, "one socket is enough"), (("--frob", "s"), 2, "--frob"),
            (("--model", "fpga", "s"), 2, "there is no model 'fpga'"),
            (("--preset", "huge", "s"), 1, "there is no preset 'huge'"),
            (("--model", "rtl", "--memory", "bw=0", "s"), 2, "--memory: 'bw=0'"),
            (("--model", "rtl", "--memory", "bw=1,", "s"), 2, "--memory: 'bw=1,'"),
            (("--model", "rtl", "--seed", "x", "s"), 2, "--seed: 'x'"),
            (("--seed", "1", "s"), 2, "for --model rtl"), (("missing/s",), 1, "missing/s: No such file"),
            (("--log", "missing/l", "s"), 1, "missing/l: No such file"), (("s" * 200,), 1, "at most 107 bytes"),
            (("--control", "missing/c", "s"), 1, "missing/c")):
        done = subprocess.run([(BUILD / "onpu-server").resolve(), *arguments], cwd=tmp_path, capture_output=True,
                              text=True, timeout=LIMIT, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == status and text in done.stdout + done.stderr, (arguments, done)


def test_missing_hardware(tmp_path):
    done = subprocess.run([BUILD / "onpu-server", "--model", "rtl", tmp_path / "s"], capture_output=True, text=True,
                          env={**os.environ, "ONPU_RTL_DIR": str(tmp_path)}, timeout=LIMIT, check=False)
    assert done.returncode == 1 and "make rtl PRESET=base" in done.stderr


def test_client_goes_in_the_middle_of_a_message(tmp_path):
    server = Server(tmp_path, program=ASAN)
    server.send(READ, b"half", size=4096)
    assert server.close() == 0


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_signals(tmp_path, number):
    server = Server(tmp_path, program=ASAN)
    server.process.send_signal(number)
    assert server.close() == 0
    assert not server.path.exists() and not server.control_path.exists()


def test_socket_of_another(tmp_path):
    """A socket that is in use is not taken; one that was left behind is."""
    first = Server(tmp_path)
    done = subprocess.run([BUILD / "onpu-server", "--control", first.control_path, tmp_path / "t"],
                          capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 1 and "in use" in done.stderr
    first.process.kill()
    first.close()
    assert first.control_path.exists()
    again = Server(tmp_path)
    assert again.control("state").startswith("ok")
    assert again.close() == 0


def test_log(tmp_path):
    server = Server(tmp_path, *options("iss-nano"), "--log", tmp_path / "log")
    host = Host(server)
    host.boot()
    host.close()
    assert server.close() == 0
    lines = (tmp_path / "log").read_text().splitlines()
    for text in ("map 0x100000000 0x1000000 bytes: Success", "write 0x030 = 0x00000001", "interrupt 1"):
        assert any(line.endswith(text) for line in lines), text


# ---- a hostile peer -----------------------------------------------------------------------


def valid(random_, memory, event):
    """A message as it should be, and its descriptors."""
    access = struct.pack("<QII", 4 * random_.randrange(64), random_.choice((BAR0, CONFIG)), 4)
    return random_.choice((
        (VERSION, struct.pack("<HH", 0, 0) + b"{}\0", ()),
        (DMA_MAP, struct.pack("<IIQQQ", 32, 3, 0, random_.randrange(16) << 16, 1 << 16), (memory,)),
        (DMA_UNMAP, struct.pack("<IIQQ", 24, 0, random_.randrange(16) << 16, 1 << 16), ()),
        (DEVICE_INFO, struct.pack("<4I", 16, 0, 0, 0), ()),
        (REGION_INFO, struct.pack("<4IQQ", 32, 0, random_.randrange(9), 0, 0, 0), ()),
        (IRQ_INFO, struct.pack("<4I", 16, 0, random_.randrange(5), 0), ()),
        (SET_IRQS, struct.pack("<5I", 20, DATA_EVENTFD | TRIGGER, random_.randrange(5), 0, 1), (event,)),
        (READ, access, ()), (WRITE, access + random_.randbytes(4), ()),
        (WRITE, struct.pack("<QIII", 4, CONFIG, 4, 6), ()),
        (RESET, b"", ())))


def mutate(random_, command, payload, fds, others):
    payload = bytearray(payload)
    for _ in range(random_.randrange(4)):
        kind = random_.randrange(5)
        if kind == 0 and payload:
            payload[random_.randrange(len(payload))] = random_.choice((0, 1, 0x7f, 0x80, 0xff, random_.randrange(256)))
        elif kind == 1 and len(payload) >= 8:
            at = 4 * random_.randrange(len(payload) // 4 - 1)
            payload[at:at + 8] = random_.choice((0, 1, (1 << 64) - 1, 1 << 63, 1 << 32)).to_bytes(8, "little")
        elif kind == 2:
            del payload[random_.randrange(len(payload) + 1):]
        elif kind == 3:
            payload += random_.randbytes(random_.randrange(40))
        else:
            command = random_.randrange(18)
    if random_.randrange(4) == 0:
        fds = random_.choices(others, k=random_.randrange(4))
    return command, bytes(payload), fds


@pytest.mark.parametrize("seed", range(12))
def test_mutated_messages(tmp_path, seed):
    random_ = random.Random(seed)
    server = Server(tmp_path, *options("iss-nano"), program=ASAN)
    memory, event = os.memfd_create("small"), os.eventfd(0)
    os.ftruncate(memory, 1 << 16)
    pipe = os.pipe()
    answered = 0
    try:
        for _ in range(400):
            server.send(*mutate(random_, *valid(random_, memory, event), (memory, event, *pipe)))
            server.reply()
            answered += 1
        assert answered == 400, "every message had an answer"
        # At last the header itself.
        size, flags = random_.choice(((0, 0), (15, 0), (1 << 31, 0), (0xffffffff, 0), (16, 1), (16, 2), (16, 0x1f)))
        server.send(READ, size=size, flags=flags)
        assert is_closed(server.socket)
        status = server.close()
        text = server.stderr()
        assert status == 1 and "a message" in text, (status, text[-2000:])
        assert "Sanitizer" not in text and "runtime error" not in text, text[-4000:]
    finally:
        server.close()
        for fd in (memory, event, *pipe):
            os.close(fd)


def test_too_many_descriptors(tmp_path):
    server = Server(tmp_path, program=ASAN)
    server.send(DEVICE_INFO, struct.pack("<4I", 16, 0, 0, 0), [0] * 9)
    assert is_closed(server.socket)
    assert server.close() == 1 and "descriptors" in server.stderr()
