# SPDX-License-Identifier: MIT
"""npu coredump: dumps made here after firmware/include/onpu_coredump.h, whole and damaged."""
import json
import random
import re
import struct
import subprocess

import pytest

import nets
from nets import NPU, npu, ok, refused

CODE = 0x100000
SLOT, SEQ, CTX = 4, 9, 5


def section(kind, data, count=1):
    return struct.pack("<IIQ", kind, count, len(data)) + data + bytes(-len(data) % 8)


def job(flags=1, entry=0, size=64, code_size=1 << 20, cookie=0xbadc0de, warm=(0, 0, 0)):
    descriptor = struct.pack("<IBBHIIIIQQIII12x", SEQ, CTX, 1, 0, CODE + entry, size, 0, 0, 10**6, cookie, *warm)
    regions = struct.pack("<II", CODE, code_size) + bytes(8 * 15)
    return section(10, struct.pack("<QQIIII", 7, cookie, SLOT, flags, 0, 0) + descriptor + regions)


def heartbeat(offset=0):
    return section(4, struct.pack("<QIIII40x", 123456, SLOT, SEQ, offset, 3))


def queues():
    lines = bytearray(64 * 128)
    struct.pack_into("<IIIIIIII", lines, SLOT * 128, 10, 0, 0, 1, 0x1000, 16, 1, 2)
    struct.pack_into("<IIIIII", lines, SLOT * 128 + 64, 1, 2, 7, 9, 0, 9)
    return section(6, bytes(lines), 64)


def log():
    entries = struct.pack("<QHBB3III", 55, 9, SLOT, 0, SEQ, 11, 64, 0, 0)
    entries += struct.pack("<QHBB3III", 66, 99, 0xff, 0, 1, 2, 3, 1, 0)
    return section(7, struct.pack("<I60x", 2) + entries + bytes(126 * 32))


def dump(*sections, jobs=1, version=1):
    body = b"".join(sections)
    return struct.pack("<8sIIQQIIII", b"ONPUDUMP", version, 48, 48 + len(body), 10**18, len(sections), jobs, 3, 0) + body


def whole(offset=0, **of_job):
    return dump(section(1, b"no\x1bheartbeat"), section(2, struct.pack("<6I", 0, 0x55504e4f, 0x80, 0x50a01, 0x84, 0xdead000), 3),
                heartbeat(offset), queues(), log(), job(**of_job))


@pytest.fixture
def write(tmp_path):
    def put(data, name="a.dump"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return put


def stream(text):
    """Entry, size, and (offset, name) of each command."""
    size, entry = map(int, re.match(r"(\d+) bytes at code offset (\d+)", text).groups())
    return entry, size, [(int(at, 16), name) for at, name in re.findall(r"^([0-9a-f]{8}) (\w+)", text, re.M)]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A program, and the two streams of its one job."""
    folder = tmp_path_factory.mktemp("net")
    (folder / "conv.tflite").write_bytes(nets.convolution())
    ok("compile", folder / "conv.tflite", "-o", folder / "conv.npu", "--quiet")
    text = ok("disasm", folder / "conv.npu").stdout.decode()
    cold, warm = re.split(r"^step 0(?:: job|, warm): ", text, flags=re.M)[1:]
    return folder / "conv.npu", stream(cold), stream(warm)


def test_text(write):
    text = ok("coredump", write(whole())).stdout.decode()
    assert 'reason=no\\x1bheartbeat\n' in text
    assert "time=2001-09-09T01:46:40Z resets=3 minor=0 jobs=1" in text
    assert "name=FAULT_VA offset=0x84 value=0xdead000" in text
    assert re.search(r"^guilty job +slot=4 priority=2 seqno=7 cookie=0xbadc0de seq=9 context=5 entry=0x100000 ", text, re.M)
    # The fault is what hardware has latched, in the job's context.
    assert re.search(r'^  stopped +stream_offset=0 offset_source=heartbeat fault=10 fault_name=MMU '
                     r'fault_source="FAULT_STATUS register" address=0xdead000$', text, re.M)
    assert re.search(r'^  queue +slot=4 priority=2 .* state=broken reason="bad tail" head=9 started=9 tail=10 ', text, re.M)
    assert re.search(r"^  log +cycle=55 slot=4 event_code=9 event=fault seq=0x9 fault=0xb offset=0x40$", text, re.M)
    assert re.search(r"^  log +cycle=66 event_code=99 event=\? a=0x1 b=0x2 c=0x3$", text, re.M)


def test_json(write):
    made = json.loads(ok("coredump", "--json", write(whole())).stdout)
    assert made["reset"]["reason"] == "no\x1bheartbeat"
    assert made["guilty"]["cookie"] == 0xbadc0de and made["guilty"]["priority"] == 2
    assert made["guilty"]["regions"] == [{"index": 0, "va": CODE, "size": 1 << 20}]
    assert made["guilty"]["stop"]["fault_name"] == "MMU"
    assert [entry["event"] for entry in made["log"]] == ["fault", "?"]
    assert made["jobs"] == [] and len(made["queues"]) == 1 and len(made["registers"]) == 3
    done = ok("coredump", "-", "--json", stdin=dump(jobs=0))
    assert json.loads(done.stdout)["jobs"] == []


def test_the_others(write):
    made = json.loads(ok("coredump", "--json", write(dump(job(0, cookie=5), job(0), jobs=300))).stdout)
    assert "guilty" not in made and [one["cookie"] for one in made["jobs"]] == [5, 0xbadc0de]
    assert made["driver"]["jobs"] == 300


def test_program(write, program):
    path, (entry, size, commands), _ = program
    assert len(commands) > 3
    for offset, name in commands:
        data = write(whole(offset, entry=entry, size=size))
        text = ok("coredump", data, "--program", path).stdout.decode()
        assert re.search(rf"^{offset:08x} {name}\b", text, re.M)
        place = json.loads(ok("coredump", data, "-p", path, "--json").stdout)["guilty"]["place"]
        assert place["command"].startswith(f"{offset:08x} {name}") and place["step"] == 0
        assert place["name"] == "CONV_2D out"


def test_warm_stream(write, program):
    """Its places are told from the other stream's entry on."""
    path, (entry, size, cold), (warm_entry, warm_size, commands) = program
    assert len(commands) == len(cold) - 1
    warm = CODE + warm_entry, warm_size, 1
    for offset, name in commands:
        data = write(whole(warm_entry - entry + offset, entry=entry, size=size, warm=warm))
        guilty = json.loads(ok("coredump", data, "-p", path, "--json").stdout)["guilty"]
        assert guilty["place"]["command"].startswith(f"{offset:08x} {name}")
        assert guilty["place"]["name"] == "CONV_2D out"
        assert (guilty["warm_entry"], guilty["warm_size"], guilty["warm_key"]) == warm
    # Without a key no job runs it, and in it too a command must begin there.
    for offset, key in ((0, 0), (4, 1)):
        data = write(whole(warm_entry - entry + offset, entry=entry, size=size, warm=(*warm[:2], key)))
        done = npu("coredump", data, "-p", path)
        assert done.returncode == 1 and "no command begins" in done.err


@pytest.mark.parametrize("offset, change, says", [
    (4, {}, "no command begins at byte 4"), (1 << 31, {}, "no command begins"),
    (0, {"entry": 4}, "not of this program"), (0, {"size": 4}, "not of this program"),
    (0, {"entry": -8}, "not of this program"), (0, {"code_size": 16}, "not of this program"),
    (0, {"flags": 0}, "no guilty job"),
])
def test_another_program(write, program, offset, change, says):
    path, (entry, size, _), _ = program
    done = npu("coredump", write(whole(offset, **{"entry": entry, "size": size, **change})), "-p", path)
    assert done.returncode == 1 and says in done.err and len(done.err.splitlines()) == 1
    assert b"reason=" in done.stdout


def test_refused(write):
    refused("coredump", write(b"ONPUDUMP"), says="ends inside the header")
    refused("coredump", write(dump(version=2)), says="version 2, this reads version 1")
    done = npu("coredump", write(whole()[:-1]))
    assert done.returncode == 1 and "a.dump: cut off: it has" in done.err
    assert b"heartbeat" in done.stdout and b"guilty" not in done.stdout


def test_hostile(write, program):
    """Printing what firmware may have written, under sanitizers where there are any."""
    tool = nets.BUILD / "asan" / "npu"
    path, (entry, size, _), _ = program
    good = whole(entry=entry, size=size)
    rng = random.Random(3)
    for number in range(60):
        data = bytearray(good)
        for _ in range(1 + number % 7):
            data[rng.randrange(48, len(data))] = rng.randrange(256)
        if number % 3 == 0:
            data[-224:] = rng.randbytes(224)
        for option in ([], ["--json"]):
            done = subprocess.run([tool if tool.exists() else NPU, "coredump", write(data), "-p", path, *option],
                                  capture_output=True, check=False)
            assert done.returncode in (0, 1), (number, done.stderr)
            assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr
            assert done.returncode or not done.stderr
            if option:
                json.loads(done.stdout)
