# SPDX-License-Identifier: MIT
"""The command line of npu: what it takes, what it refuses, what it prints and writes."""
import itertools
import json
import os
import re
import stat
import subprocess

import numpy as np
import pytest

import nets
from nets import NPU, ROOT, npu, ok, refused

COMMANDS = ["compile", "run", "compare", "profile", "info", "disasm", "coredump", "prune"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with networks, and a program of one."""
    folder = tmp_path_factory.mktemp("nets")
    for name, data in [("two", nets.sum_and_difference()), ("conv", nets.convolution()),
                       ("odd", nets.convolution(name=nets.ODD_NAME)), ("softmax", nets.softmax())]:
        (folder / f"{name}.tflite").write_bytes(data)
    ok("compile", folder / "conv.tflite", "-o", folder / "conv.npu", "--quiet")
    return folder


@pytest.fixture
def two(made):
    return made / "two.tflite"


@pytest.fixture
def conv(made):
    return made / "conv.tflite"


def save(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


A = np.array([[1, -2, 3], [100, -100, 7]], np.int8)
B = np.array([[5, 6, -7], [100, 100, 0]], np.int8)


@pytest.fixture
def ab(tmp_path):
    save(tmp_path, a=A, b=B)
    return tmp_path


# ---- usage ---------------------------------------------------------------------

@pytest.mark.parametrize("arguments, says", [
    ([], "Usage: npu"),
    (["frobnicate"], "'frobnicate' is no command"),
    (["--frobnicate"], "'--frobnicate' is no command"),
    (["help", "frobnicate"], "no command"),
    (["compile"], "which network?"),
    (["run"], "which network?"),
    (["compare"], "which network?"),
    (["profile"], "which network?"),
    (["disasm"], "which program?"),
    (["coredump"], "which dump?"),
    (["coredump", "a.dump", "-p", "a.npu", "-p", "b.npu"], "given twice"),
    (["prune"], "which network?"),
    (["compile", "a.tflite", "b.tflite"], "one file too many"),
    (["compile", "a.tflite", "-o", "a.npu", "-o", "b.npu"], "more than one --output"),
    (["compile", "a.tflite", "--output"], "requires an argument"),
    (["compile", "a.tflite", "--preset", "base", "--preset", "nano"], "given twice"),
    (["compile", "a.tflite", "--clock", "0"], "--clock: '0'"),
    (["compile", "a.tflite", "--clock", "fast"], "--clock: 'fast'"),
    (["compile", "a.tflite", "--clock", "nan"], "--clock: 'nan'"),
    (["compile", "a.tflite", "--json"], "--json"),
    (["run", "a.npu"], "no --input"),
    (["run", "a.npu", "--random", "1", "--input", "a.npy"], "both"),
    (["run", "a.npu", "--random", "-1"], "--random: '-1'"),
    (["run", "a.npu", "--random", "1x"], "--random: '1x'"),
    (["run", "a.npu", "--random", "99999999999999999999"], "--random"),
    (["run", "a.npu", "-Z"], "Z"),
    *((["run", "a.npu", "--memory", text], f"--memory: '{text}'") for text in (
        "", "8", "bw=", "bw=0", "bw=257", "latency=0", "latency=100001", "bw=8 latency=3", "bw=-1", "speed=3")),
    (["compare", "a.tflite", "--seed", "0"], "--seed: '0'"),
    (["compare", "a.tflite", "--seed", "x"], "--seed: 'x'"),
    *((["profile", "a.npu", "--window", text], f"--window: '{text}'") for text in (
        "", "3", "9:3", "3:3", "3:x", "-1:3", "3:4:5")),
    (["run", "a.npu", "--trace", "a.fst", "--trace", "b.fst"], "given twice"),
    (["compile", "a.tflite", "--memory", "bw=8"], "--memory"),
    (["info", "--preset", "base"], "without a network"),
])
def test_usage(arguments, says):
    done = npu(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert says in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_usage_of_each_command(command):
    done = refused(command, "--no-such-option", says="no-such-option", status=2)
    assert f"Try 'npu {command} --help'" in done.err


def test_help():
    text = ok("--help").stdout.decode()
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", text, re.M)
        helped = ok(command, "--help").stdout
        assert helped.decode().startswith(f"Usage: npu {command} ")
        assert ok("help", command).stdout == helped
        assert ok(command, "-h").stdout == helped
    assert ok("help").stdout.decode() == text


def test_version():
    header = (ROOT / "libnpu/include/npu.h").read_text()
    version = ".".join(re.search(rf"NPU_VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH"))
    assert ok("--version").stdout.decode() == f"npu {version}\n"


def test_standard_output_that_is_full():
    with open("/dev/full", "w") as full:
        done = subprocess.run([NPU, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "No space left" in done.stderr


# ---- files that are not networks -------------------------------------------------

def bad_files(folder):
    (folder / "empty").write_bytes(b"")
    (folder / "garbage").write_bytes(bytes(range(256)) * 10)
    (folder / "text.tflite").write_text("hello\n")
    (folder / "head.npu").write_bytes(b"\x89NPU\r\n\x1a\n")
    return {"missing.tflite": "No such file", "": "directory", "empty": "empty", "garbage": "garbage",
            "text.tflite": "text.tflite", "head.npu": "ends inside the header"}


@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_are_no_networks(command, tmp_path):
    extra = {"run": ["--random", "1"], "prune": ["--sparsity", "0.5"]}.get(command, [])
    for name, says in bad_files(tmp_path).items():
        if name == "head.npu" and command in ("compile", "compare", "coredump", "prune"):
            says = "head.npu"
        done = refused(command, tmp_path / name, *extra, says=says, status=2 if command == "compare" else 1)
        assert len(done.err.splitlines()) == 1, done.err


def test_damaged_program(made, tmp_path):
    data = bytearray((made / "conv.npu").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "bad.npu").write_bytes(data)
    refused("run", tmp_path / "bad.npu", "--random", 1, says="checksum")
    (tmp_path / "bad.npu").write_bytes(data[:-10])
    refused("run", tmp_path / "bad.npu", "--random", 1, says="cut off")


def test_future_program(made, tmp_path):
    data = bytearray((made / "conv.npu").read_bytes())
    data[8] += 1
    (tmp_path / "new.npu").write_bytes(data)
    done = refused("info", tmp_path / "new.npu", says="compile the network again")
    assert "format 2.1" in done.err and "reads 1.x" in done.err


# ---- compile ---------------------------------------------------------------------

def test_compile(conv, tmp_path):
    text = ok("compile", conv, "-o", tmp_path / "a.npu").stdout.decode()
    assert re.search(r"^ +0  CONV_2D +NPU  out +\S", text, re.M)
    assert re.search(r"^nodes +1: 1 on the NPU, 0 on the CPU$", text, re.M)
    cycles, ms = re.search(r"^cycles +(\d+) \(estimate\), ([\d.]+) ms at 500 MHz$", text, re.M).groups()
    assert int(cycles) > 0 and abs(int(cycles) / 500e3 - float(ms)) < 0.001
    assert re.search(r"^MACs +147456,", text, re.M)
    assert re.search(r"^SRAM +[1-9]\d* bytes", text, re.M)
    assert re.search(r"^code +[1-9]\d* bytes", text, re.M)
    assert (tmp_path / "a.npu").read_bytes()[:4] == b"\x89NPU"
    assert os.listdir(tmp_path) == ["a.npu"]
    text = ok("compile", conv, "--clock", "250").stdout.decode()
    assert re.search(r"ms at 250 MHz$", text, re.M)
    assert ok("compile", conv, "-o", tmp_path / "b.npu", "--quiet").stdout == b""
    assert (tmp_path / "b.npu").read_bytes() == (tmp_path / "a.npu").read_bytes()


def test_compile_reports_the_cpu(made, tmp_path):
    text = ok("compile", made / "softmax.tflite").stdout.decode()
    reason = re.search(r"^ +0  SOFTMAX +CPU  out +(\S.*)$", text, re.M)[1]
    assert reason
    done = refused("compile", made / "softmax.tflite", "--strict", "-o", tmp_path / "a.npu", says="SOFTMAX")
    assert "'out'" in done.err
    assert os.listdir(tmp_path) == []


def test_compile_options(conv, tmp_path):
    size = {}
    for options in ([], ["--preset", "nano"], ["--keep-all"], ["--dense"], ["--strip"], ["--strict"]):
        ok("compile", conv, "-o", tmp_path / "a.npu", "-q", *options)
        size[" ".join(options)] = (tmp_path / "a.npu").stat().st_size
        text = ok("info", tmp_path / "a.npu").stdout.decode()
        assert re.search(r"^preset +nano$" if "nano" in options else r"^preset +base$", text, re.M)
    assert size["--strip"] < size[""] - 16 * 3 * 3 * 16
    refused("compile", conv, "--preset", "huge", says="huge")
    (tmp_path / "a.npu").unlink()


def test_compile_failures(conv, tmp_path):
    refused("compile", conv, "-o", tmp_path / "none" / "a.npu", says="No such file")
    refused("compile", conv, "-o", tmp_path, says="directory")
    refused("compile", conv, "-o", "/dev/full", says="No space left")
    # A link is written through.
    (tmp_path / "link.npu").symlink_to("real.npu")
    (tmp_path / "real.npu").write_bytes(b"old")
    ok("compile", conv, "-q", "-o", tmp_path / "link.npu")
    assert (tmp_path / "link.npu").is_symlink()
    assert (tmp_path / "real.npu").read_bytes()[:4] == b"\x89NPU"
    assert sorted(os.listdir(tmp_path)) == ["link.npu", "real.npu"]


# ---- run ---------------------------------------------------------------------------

@pytest.fixture(params=["iss", "rtl", "cpu"])
def device(request):
    return request.param


def test_run(two, ab, device):
    ok("run", two, "--device", device, "--input", ab / "a.npy", "--input", ab / "b.npy",
       "--output", ab / "sum.npy", "--output", ab / "difference.npy")
    total, difference = np.load(ab / "sum.npy"), np.load(ab / "difference.npy")
    assert total.dtype == np.int8 and total.shape == (2, 3)
    assert np.array_equal(total, nets.clipped(A.astype(int) + B))
    assert np.array_equal(difference, nets.clipped(A.astype(int) - B))


def test_run_of_a_program(made, tmp_path, device):
    rng = np.random.default_rng(3)
    save(tmp_path, x=rng.integers(-128, 128, [1, 8, 8, 16]).astype(np.int8))
    for name in ("conv.npu", "conv.tflite"):
        ok("run", made / name, "-d", device, "-i", tmp_path / "x.npy", "-o", tmp_path / f"{name}.npy")
    result = np.load(tmp_path / "conv.npu.npy")
    assert len(np.unique(result)) > 20
    assert np.array_equal(result, np.load(tmp_path / "conv.tflite.npy"))
    ok("run", made / "conv.npu", "-d", "cpu", "-i", tmp_path / "x.npy", "-o", tmp_path / "cpu.npy")
    assert np.array_equal(result, np.load(tmp_path / "cpu.npy"))


def test_named_and_in_order(two, ab):
    expected = nets.clipped(A.astype(int) - B)
    for arguments in (["--input", ab / "a.npy", ab / "b.npy"],
                      ["--input", f"b={ab / 'b.npy'}", f"a={ab / 'a.npy'}"],
                      ["-i", f"b={ab / 'b.npy'}", "-i", ab / "a.npy"]):
        ok("run", two, *arguments, "-o", f"difference={ab / 'd.npy'}")
        assert np.array_equal(np.load(ab / "d.npy"), expected)
        (ab / "d.npy").unlink()
    # The network may come later.
    ok("run", "-i", ab / "a.npy", two, "-i", ab / "b.npy", "-o", ab / "s.npy", "-o", ab / "d.npy")
    assert np.array_equal(np.load(ab / "d.npy"), expected)
    # A file name with '=' that says that it is one.
    (ab / "x=y.npy").write_bytes((ab / "a.npy").read_bytes())
    ok("run", two, "-i", "./x=y.npy", "-i", "b.npy", "-o", ab / "s.npy", cwd=ab)


def test_wrong_files(two, ab):
    files = ["-i", ab / "a.npy", "-i", ab / "b.npy"]
    refused("run", two, "-i", ab / "a.npy", says="input 'b' (int8 [2, 3]) is missing")
    refused("run", two, *files, "-i", ab / "a.npy", says="one --input too many: the network has 2")
    refused("run", two, "-i", f"c={ab / 'a.npy'}", says="no input is called 'c': there are 'a', 'b'")
    refused("run", two, "-i", f"a={ab / 'a.npy'}", "-i", f"a={ab / 'b.npy'}", says="'a' is given twice")
    refused("run", two, "-i", "-", "-i", "-", says="cannot serve two inputs")
    refused("run", two, *files, "-o", "1.npy", "-o", "2.npy", "-o", "3.npy", says="too many: the network has 2")
    refused("run", two, *files, "-o", "total=1.npy", says="no output is called 'total'")
    refused("run", two, *files, "-o", ab / "x.npy", "-o", ab / "x.npy", says="cannot serve two outputs")
    refused("run", two, "-i", ab / "none.npy", "-i", ab / "b.npy", says="none.npy: No such file")
    refused("run", two, "-i", ab, "-i", ab / "b.npy", says="Is a directory")
    refused("run", two, *files, "--device", "gpu", says="gpu")
    assert sorted(os.listdir(ab)) == ["a.npy", "b.npy"]


@pytest.mark.parametrize("array, says", [
    (A.astype(np.uint8), "is uint8, input 'a' is int8"),
    (A.astype(np.int32), "is int32, input 'a' is int8"),
    (A.astype(np.float64), "float64; convert"),
    (A.astype(np.float32), "input 'a' is quantized: int8, real value = 1 * (stored - 0): give --quantize"),
    (A.astype(np.complex64), "its type is <c8"),
    (A.astype(">i2"), "big-endian"),
    (A.astype("U3"), "its type is <U3"),
    (np.zeros([2, 3], [("x", "i1")]), "records"),
    (A[0], "shape is int8 [3], input 'a' is int8 [2, 3]"),
    (A[None], "shape is int8 [1, 2, 3]"),
    (A.T.copy(), "shape is int8 [3, 2]"),
    (np.zeros([3, 3], np.int8), "shape is int8 [3, 3]"),
    (np.zeros([0, 3], np.int8), "shape is int8 [0, 3]"),
    (np.int8(3), "shape is int8 []"),
    (np.zeros([1] * 20, np.int8), "more than 16 dimensions"),
    (np.asfortranarray(A), "Fortran order"),
])
def test_wrong_arrays(two, ab, array, says):
    np.save(ab / "x.npy", array)
    refused("run", two, "-i", ab / "x.npy", "-i", ab / "b.npy", "-o", ab / "y.npy", says=says)
    assert not (ab / "y.npy").exists()


def npy(header, data=A.tobytes(), version=1, length=None):
    header = header.encode("latin-1")
    size = len(header) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, "little") + header + data


GOOD = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }\n"


@pytest.mark.parametrize("content", [
    npy(GOOD), npy(GOOD, version=2), npy(GOOD, version=3),
    npy('{"shape":(2,3),"fortran_order":False,"descr":"<i1"}'),
    npy(GOOD + " " * 1000), npy(GOOD.replace("(2, 3)", "(2L, 3L)")), npy(GOOD.replace("|i1", "=i1")),
    npy(GOOD.replace("|i1", ">i1")),
], ids=itertools.count())
def test_headers_that_are_read(two, ab, content):
    (ab / "a.npy").write_bytes(content)
    ok("run", two, "-i", ab / "a.npy", "-i", ab / "b.npy", "-o", ab / "s.npy")
    assert np.array_equal(np.load(ab / "s.npy"), nets.clipped(A.astype(int) + B))


@pytest.mark.parametrize("content, says", [
    (b"", "not a .npy file"), (b"\x93NUMPY", "ends inside the header"), (b"\x93NUMPY\x01\x00\x10", "ends inside"),
    (b"\x93NUMPX" + npy(GOOD)[6:], "not a .npy file"), (npy(GOOD, version=4), "version is 4.0"),
    (npy(GOOD, length=60000), "ends inside the header"), (npy(GOOD, version=2, length=0xffffffff), "ends inside"),
    (npy(GOOD, data=A.tobytes()[:-1]), "needs more data than the 5 bytes"), (npy(GOOD, data=bytes(7)), "it has 7"),
    (npy(""), "not a dictionary"), (npy("{"), "malformed"), (npy("{}"), "malformed"),
    (npy(GOOD[:-3]), "malformed"), (npy(GOOD + "x"), "malformed"),
    (npy(GOOD.replace("'shape'", "'descr'")), "malformed"), (npy(GOOD.replace("False", "0")), "malformed"),
    (npy(GOOD.replace("(2, 3)", "[2, 3]")), "no shape"), (npy(GOOD.replace("2", "-2")), "no shape"),
    (npy(GOOD.replace("2", "1e0")), "no shape"), (npy(GOOD.replace("'|i1'", "'|i1")), "its type is"),
    (npy(GOOD.replace("|i1", "|i1" * 40)), "no type"), (npy(GOOD.replace("|i1", "")), "its type is"),
    (npy(GOOD.replace("(2, 3)", "(99999999999999999999, 3)")), "no shape"),
    (npy(GOOD.replace("(2, 3)", "(4294967296, 4294967296)")), "needs more data"),
    (npy(GOOD.replace("(2, 3)", "(18446744073709551615, 18446744073709551615, 0)"), data=b""), "shape"),
    (npy(GOOD.replace("|i1", "\x00i1")), "no type"), (npy(GOOD.replace("{", "{" * 500)), "malformed"),
], ids=itertools.count())
def test_hostile_headers(two, ab, content, says):
    (ab / "a.npy").write_bytes(content)
    refused("run", two, "-i", ab / "a.npy", "-i", ab / "b.npy", says=says)


def test_damaged_arrays(two, ab):
    """Every byte of a header changed, every truncation: an error or a run, under sanitizers where there are any."""
    tool = nets.BUILD / "asan" / "npu"
    content = npy(GOOD)
    mutants = [content[:n] for n in range(len(content))]
    mutants += [content[:n] + bytes([content[n] ^ flip]) + content[n + 1:]
                for n in range(len(content)) for flip in (0x01, 0x80)]
    for number, mutant in enumerate(mutants[::1 if not tool.exists() else 2]):
        (ab / "a.npy").write_bytes(mutant)
        done = subprocess.run([tool if tool.exists() else NPU, "run", two, "-d", "cpu", "-i", ab / "a.npy", "-i",
                               ab / "b.npy", "-o", ab / "s.npy"], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), (number, done.stderr)
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "float32", "bool"])
def test_types(tmp_path, dtype, device):
    values = np.array([[1, 0, 3], [-4, 5, 100]]).astype(dtype)
    (tmp_path / "net.tflite").write_bytes(nets.reshape(dtype))
    save(tmp_path, x=values)
    ok("run", tmp_path / "net.tflite", "-d", device, "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
    result = np.load(tmp_path / "y.npy")
    assert result.dtype == values.dtype
    assert np.array_equal(result, values.reshape(3, 2))
    text = ok("run", tmp_path / "net.tflite", "-d", device, "-i", tmp_path / "x.npy").stdout.decode()
    assert f"out  {dtype} [3, 2]: {values.min():g} to {values.max():g}" in text.replace("False", "0").replace("True", "1")


def test_bool_values(tmp_path):
    (tmp_path / "net.tflite").write_bytes(nets.reshape("bool"))
    refused("run", tmp_path / "net.tflite", "-i", "-", stdin=bytes([0, 1, 2, 0, 0, 0]), says="element 2 of a bool")


# ---- raw data, streams, batches ----------------------------------------------------

def test_raw(two, ab):
    (ab / "a.bin").write_bytes(A.tobytes())
    ok("run", two, "-i", ab / "a.bin", "-i", ab / "b.npy", "-o", ab / "s.raw")
    assert (ab / "s.raw").read_bytes() == nets.clipped(A.astype(int) + B).tobytes()
    (ab / "a.bin").write_bytes(A.tobytes() + b"x")
    refused("run", two, "-i", ab / "a.bin", "-i", ab / "b.npy",
            says="has 7 bytes, input 'a' (int8 [2, 3]) takes 6, or a multiple")
    (ab / "a.bin").write_bytes(b"")
    refused("run", two, "-i", ab / "a.bin", "-i", ab / "b.npy", says="has 0 bytes")
    (ab / "a.dat").write_bytes((ab / "a.npy").read_bytes() + b"x" * 5)
    refused("run", two, "-i", ab / "a.dat", "-i", ab / "b.npy", says="has to end in .npy")


def test_standard_input_and_output(two, ab):
    expected = nets.clipped(A.astype(int) - B).tobytes()
    done = ok("run", two, "-i", "-", "-i", ab / "b.npy", "-o", "difference=-", stdin=A.tobytes())
    assert done.stdout == expected
    done = ok("run", two, "-i", ab / "a.npy", "-i", "b=-", "-o", "difference=-", stdin=B.tobytes())
    assert done.stdout == expected
    refused("run", two, "-i", "-", "-i", ab / "b.npy", "-o", "-", stdin=A.tobytes()[:5], says="standard input")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([NPU, "run", two, "--random", "1", "-o", "-"], stdout=full, stderr=subprocess.PIPE,
                              text=True, check=False)
    assert done.returncode == 1 and "No space left" in done.stderr


def test_closed_standard_output(two, ab):
    """A file that is opened must not take its place."""
    done = subprocess.run(f"exec '{NPU}' run '{two}' --random 1 >&-", shell=True, stderr=subprocess.PIPE, text=True,
                          check=False)
    assert done.returncode == 1 and "npu:" in done.stderr


def test_batches(two, tmp_path, device):
    rng = np.random.default_rng(1)
    a, b = rng.integers(-60, 60, [2, 8, 3]).astype(np.int8)
    save(tmp_path, a=a, b=b)
    ok("run", two, "-d", device, "-i", tmp_path / "a.npy", tmp_path / "b.npy", "-o", tmp_path / "s.npy")
    assert np.array_equal(np.load(tmp_path / "s.npy"), a + b)
    done = ok("run", two, "-d", device, "-i", "-", "-i", tmp_path / "b.npy", "-o", "-", stdin=a.tobytes())
    assert done.stdout == (a + b).tobytes()
    text = ok("run", two, "-d", device, "-i", tmp_path / "a.npy", tmp_path / "b.npy").stdout.decode()
    assert "inference 3: output 1  difference" in text
    save(tmp_path, b=b[:6])
    refused("run", two, "-i", tmp_path / "a.npy", tmp_path / "b.npy", says="b.npy has data for 3 inferences")


def test_scalars(tmp_path):
    (tmp_path / "net.tflite").write_bytes(nets.scalar())
    for x, expected in ((np.array(5, np.int8), [6, 7]), (np.array([5, 6], np.int8), [6, 7, 7, 8])):
        save(tmp_path, x=x)
        ok("run", tmp_path / "net.tflite", "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
        assert np.load(tmp_path / "y.npy").tolist() == expected
    save(tmp_path, x=np.zeros([1, 1], np.int8))
    refused("run", tmp_path / "net.tflite", "-i", tmp_path / "x.npy", says="shape is int8 [1, 1]")


def test_random(conv, tmp_path):
    first = ok("run", conv, "--random", 1, "-o", "-").stdout
    assert len(first) == 1024 and len(set(first)) > 20
    assert ok("run", conv, "--random", 1, "-o", "-").stdout == first
    assert ok("run", conv, "--random", 2, "-o", "-").stdout != first


# ---- quantization --------------------------------------------------------------------

def test_quantize(made, tmp_path):
    real = np.array([[-1e9, 1e9, 0.124, 0.126]], np.float32)
    save(tmp_path, real=real, stored=np.array([[0, 255, 100, 101]], np.uint8))
    for name, options in (("real", ["--quantize"]), ("stored", [])):
        ok("run", made / "softmax.tflite", "-i", tmp_path / f"{name}.npy", "-o", tmp_path / f"{name}-out.npy", *options)
    assert np.array_equal(np.load(tmp_path / "real-out.npy"), np.load(tmp_path / "stored-out.npy"))
    # Halves go away from zero, infinities to the ends; what is stored already stays as it is.
    (tmp_path / "net.tflite").write_bytes(nets.reshape("int8"))
    save(tmp_path, half=np.array([[0.25, 0.75, -0.25], [-0.75, np.inf, -np.inf]], np.float32))
    ok("run", tmp_path / "net.tflite", "-i", tmp_path / "half.npy", "-o", tmp_path / "out.npy", "--quantize")
    assert np.load(tmp_path / "out.npy").ravel().tolist() == [1, 2, -1, -2, 127, -128]
    np.save(tmp_path / "out.npy", np.load(tmp_path / "out.npy").reshape(2, 3))
    ok("run", tmp_path / "net.tflite", "-i", tmp_path / "out.npy", "-o", tmp_path / "same.npy", "--quantize")
    assert np.load(tmp_path / "same.npy").ravel().tolist() == [1, 2, -1, -2, 127, -128]
    save(tmp_path, half=np.full([2, 3], np.nan, np.float32))
    refused("run", tmp_path / "net.tflite", "-i", tmp_path / "half.npy", "--quantize", says="element 0 is not a number")
    save(tmp_path, half=np.zeros([2, 3], np.int32))
    refused("run", tmp_path / "net.tflite", "-i", tmp_path / "half.npy", "--quantize", says="is int32")


def test_dequantize(made, tmp_path):
    save(tmp_path, x=np.array([[100, 100, 100, 100]], np.uint8))
    ok("run", made / "softmax.tflite", "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy", "--dequantize")
    result = np.load(tmp_path / "y.npy")
    assert result.dtype == np.float32 and result.tolist() == [[0.25] * 4]
    done = ok("run", made / "softmax.tflite", "-i", tmp_path / "x.npy", "-o", "-", "--dequantize")
    assert np.frombuffer(done.stdout, "<f4").tolist() == [0.25] * 4
    (tmp_path / "net.tflite").write_bytes(nets.reshape("int32"))
    save(tmp_path, x=np.zeros([2, 3], np.int32))
    ok("run", tmp_path / "net.tflite", "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy", "--dequantize")
    assert np.load(tmp_path / "y.npy").dtype == np.int32


# ---- outputs appear whole or not at all --------------------------------------------------

def test_outputs_are_atomic(two, ab):
    (ab / "s.npy").write_bytes(b"old")
    files = ["-i", ab / "a.npy", "-i", ab / "b.npy"]
    refused("run", two, *files, "-o", ab / "s.npy", "-o", ab / "none" / "d.npy", says="No such file")
    refused("run", two, *files, "-o", ab / "s.npy", "-o", ab, says="directory")
    refused("run", two, *files, "-o", ab / "s.npy", "-o", "/dev/full", says="No space left")
    assert (ab / "s.npy").read_bytes() == b"old"
    assert sorted(os.listdir(ab)) == ["a.npy", "b.npy", "s.npy"]
    ok("run", two, *files, "-o", ab / "s.npy", "-o", "/dev/null")
    assert np.load(ab / "s.npy").shape == (2, 3)
    assert stat.S_IMODE((ab / "s.npy").stat().st_mode) & 0o600 == 0o600
    assert sorted(os.listdir(ab)) == ["a.npy", "b.npy", "s.npy"]


def test_output_that_does_not_fit(tmp_path):
    """The limit on file size stands in for a full disk."""
    (tmp_path / "net.tflite").write_bytes(nets.reshape("int8", (100, 100), (10000,)))
    (tmp_path / "y.npy").write_bytes(b"old")
    done = subprocess.run(f"trap '' XFSZ; ulimit -f 2; exec '{NPU}' run '{tmp_path}/net.tflite' -d cpu --random 1 "
                          f"-o '{tmp_path}/y.npy'", shell=True, executable="/bin/bash", stderr=subprocess.PIPE,
                          text=True, check=False)
    assert done.returncode == 1 and "File too large" in done.stderr
    assert (tmp_path / "y.npy").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["net.tflite", "y.npy"]


# ---- strict and presets --------------------------------------------------------------------

@pytest.mark.parametrize("command", ["run", "profile", "compare"])
def test_strict(made, tmp_path, command):
    status = 2 if command == "compare" else 1
    extra = ["--random", 1] if command == "run" else []
    done = refused(command, made / "softmax.tflite", "--strict", *extra, says="SOFTMAX", status=status)
    assert "'out'" in done.err
    ok(command, made / "conv.tflite", "--strict", *extra)


def test_strict_and_preset_of_a_program(made, tmp_path):
    ok("compile", made / "softmax.tflite", "-q", "-o", tmp_path / "s.npu")
    done = refused("run", tmp_path / "s.npu", "--random", 1, "--strict", says="SOFTMAX node 0 (tensor 'out')")
    assert "--strict" in done.err
    ok("run", tmp_path / "s.npu", "--random", 1)
    ok("compile", made / "conv.tflite", "-q", "-o", tmp_path / "n.npu", "--preset", "nano")
    ok("run", tmp_path / "n.npu", "--random", 1)
    ok("run", tmp_path / "n.npu", "--random", 1, "--preset", "nano")
    done = refused("run", tmp_path / "n.npu", "--random", 1, "--preset", "base", says="compiled for preset nano")
    assert "--preset base" in done.err


def test_stripped_program(made, tmp_path):
    ok("compile", made / "conv.tflite", "-q", "--strip", "-o", tmp_path / "s.npu")
    whole = ok("run", made / "conv.npu", "--random", 1, "-o", "-").stdout
    assert ok("run", tmp_path / "s.npu", "--random", 1, "-o", "-").stdout == whole
    refused("run", tmp_path / "s.npu", "--random", 1, "-d", "cpu", "-o", "-", says="strip")


# ---- compare, profile, info, disasm ------------------------------------------------------------

@pytest.mark.parametrize("preset", ["base", "nano"])
def test_compare(two, ab, conv, device, preset):
    options = ["--device", device, "--preset", preset]
    text = ok("compare", conv, *options).stdout.decode()
    assert re.fullmatch(r"fused +1 tensors?, 1024 elements: equal\nkeep-all +1 tensors?, 1024 elements: equal\n", text)
    text = ok("compare", two, *options, "-i", ab / "a.npy", ab / "b.npy").stdout.decode()
    assert text.count("2 tensors, 12 elements: equal") == 2
    ok("compare", conv, *options, "--random", 3, "--dense")


def test_compare_failures(made, two, ab):
    refused("compare", made / "conv.npu", says="needs the .tflite", status=2)
    refused("compare", two, "-i", ab / "a.npy", says="is missing", status=2)
    refused("compare", two, "--preset", "huge", says="huge", status=2)
    refused("compare", two, "--device", "gpu", says="gpu", status=2)


def profile(*arguments):
    return json.loads(ok("profile", *arguments, "--json").stdout)


def test_profile_json(made):
    found = profile(made / "conv.tflite")
    assert found["device"] == "iss" and found["preset"] == "base"
    assert found["cycles"] > 0 and found["cycles_estimated"] is True
    assert found["macs"] == 8 * 8 * 16 * 9 * 16
    assert abs(found["utilisation"] - found["macs"] / (256 * found["cycles"])) < 1e-4
    assert found["read_bytes"] >= 1024 and found["write_bytes"] >= 1024
    (layer,) = [layer for layer in found["layers"] if layer["on_npu"]]
    assert layer["node"] == 0 and "CONV_2D" in layer["name"] and "out" in layer["name"]
    assert layer["macs"] == found["macs"] and layer["bytes"] == layer["read_bytes"] + layer["write_bytes"]
    assert 0 < layer["cycles"] == layer["end_cycle"] - layer["start_cycle"] <= found["cycles"]
    assert set(layer["modes"]) == {"d", "g4", "g2", "pair", "depthwise", "blocks", "blocks_skipped"}
    assert sum(layer["modes"][mode] for mode in ("d", "g4", "g2", "pair")) > 0
    assert profile(made / "conv.npu")["layers"] == found["layers"]
    assert profile(made / "conv.tflite", "--preset", "nano")["preset"] == "nano"
    assert profile(made / "conv.tflite", "--device", "cpu")["device"] == "cpu"


def test_profile_warm(made):
    cold, warm = profile(made / "conv.tflite"), profile(made / "conv.tflite", "--warm")
    assert cold["warm"] is False and warm["warm"] is True
    assert warm["cycles"] < cold["cycles"] and warm["read_bytes"] < cold["read_bytes"]
    text = ok("compile", made / "conv.tflite").stdout.decode()
    assert re.search(rf"^warm +{warm['cycles']} cycles \(estimate\), {warm['read_bytes']} bytes read", text, re.M)
    assert re.search(rf"^warm +{warm['cycles']} cycles", ok("info", made / "conv.npu").stdout.decode(), re.M)
    # Where the CPU comes between two jobs nothing is left for the next inference.
    assert profile(made / "softmax.tflite", "--warm")["warm"] is False


RAN = ("active", "decoder", "bank", "post", "fill")
WAITED = ("weights", "input", "output", "walk", "commands")
STALLS = {"busy", "active", "weights", "accumulators", "bank", "write", "operand", "mmu", "walks"}


@pytest.mark.parametrize("preset", ["base", "nano"])
def test_profile_on_the_rtl(made, preset):
    found = profile(made / "conv.tflite", "--device", "rtl", "--preset", preset)
    assert found["device"] == "rtl" and found["preset"] == preset and found["cycles_estimated"] is False
    stalls = found["stalls"]
    assert set(stalls) == STALLS
    split = found["split"]
    assert set(split) == {*RAN, *WAITED, "firmware"}
    assert sum(split.values()) == found["cycles"]
    # What the device counted as a whole, and at its commands.
    assert sum(split[part] for part in RAN) == stalls["busy"] < found["cycles"]
    assert 0 < split["active"] == stalls["active"]
    for part, whole in (("decoder", "weights"), ("post", "accumulators"), ("bank", "bank")):
        assert split[part] == stalls[whole]
    # Before the first command and behind the last one, so the rest is found at some command.
    assert 900 < split["firmware"] < 1600
    assert all(split[part] > 0 for part in WAITED)
    assert stalls["walks"] > 0 and stalls["mmu"] > split["walk"]
    (layer,) = found["layers"]
    assert layer["split"] == {**split, "firmware": 0}
    modes = layer["modes"]
    # Hardware and model agree on the work, not on the time.
    model = profile(made / "conv.tflite", "--preset", preset)["layers"][0]
    assert modes == model["modes"] and modes["blocks"] > 0
    assert layer["write_bytes"] == model["write_bytes"] == 1024


@pytest.mark.parametrize("device", ["iss", "cpu"])
def test_profile_without_stalls(made, device):
    found = profile(made / "conv.tflite", "--device", device)
    stalls = found["stalls"]
    assert stalls == dict.fromkeys(STALLS, 0)
    for of in (found, *found["layers"]):
        assert of["split"] == dict.fromkeys((*RAN, *WAITED, "firmware"), 0)
    assert "where the cycles went" not in ok("profile", made / "conv.tflite", "--device", device).stdout.decode()
    assert profile(made / "softmax.tflite", "--device", "rtl")["stalls"] == stalls


def test_profile_table_on_the_rtl(conv):
    text = ok("profile", conv, "--device", "rtl").stdout.decode()
    assert "est" not in text.split("layer")[0]
    total = int(re.search(r"^cycles +(\d+), [\d.]+ ms at 500 MHz", text, re.M)[1])
    exclusive = text.split("where the cycles went\n")[1].split("at the same time\n")[0]
    shares = re.findall(r"^  \S.*? +(\d+) +([\d.]+) %$", exclusive, re.M)
    assert len(shares) == len(exclusive.splitlines()) == 11
    assert sum(int(cycles) for cycles, _ in shares) == total
    assert abs(sum(float(share) for _, share in shares) - 100) < 1
    assert re.search(r"^  page-table walks +[1-9]", text, re.M)


def test_memory_of_the_rtl(conv):
    cycles = [profile(conv, "--device", "rtl", *options)["cycles"] for options in (
        ["--memory", "bw=8,latency=100"], [], ["--memory", "latency=1000"], ["--memory", "bw=1"], ["--seed", "5"])]
    assert cycles[0] == cycles[1] < min(cycles[2:4])
    assert cycles[4] not in cycles[:4]
    assert profile(conv, "--device", "rtl", "--seed", "5")["cycles"] == cycles[4]
    for option in (["--memory", "bw=8"], ["--seed", "5"], ["--trace", "x.fst"], ["--window", "1:2"]):
        refused("profile", conv, *option, says="for --device rtl")


def test_trace_of_the_rtl(conv, tmp_path):
    run = ["run", conv, "--device", "rtl", "--random", 1, "-o"]
    ok(*run, tmp_path / "a.npy")
    ok(*run, tmp_path / "b.npy", "--trace", tmp_path / "part.fst", "--window", "100:200")
    ok(*run, tmp_path / "c.npy", "--trace", tmp_path / "more.fst", "--window", ":1000")
    results = [(tmp_path / f"{name}.npy").read_bytes() for name in "abc"]
    assert results[0] == results[1] == results[2]
    assert 0 < (tmp_path / "part.fst").stat().st_size < (tmp_path / "more.fst").stat().st_size
    refused(*run, tmp_path / "d.npy", "--trace", tmp_path / "none" / "x.fst", says="trace file cannot be written")
    assert not (tmp_path / "d.npy").exists()


def test_rtl_that_is_not_there(conv, tmp_path):
    done = subprocess.run([NPU, "run", conv, "--device", "rtl", "--random", "1"], stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "ONPU_RTL_DIR": str(tmp_path)}, check=False)
    assert done.returncode == 1 and "make rtl PRESET=base" in done.stderr and str(tmp_path) in done.stderr


def test_odd_names(made):
    found = profile(made / "odd.tflite")
    # The front-end puts a question mark for each control character, for messages and tables alike.
    shown = re.sub(r"[\x00-\x1f\x7f]", "?", nets.ODD_NAME)
    assert any(shown in layer["name"] for layer in found["layers"])
    # What goes to a terminal has no control characters in it.
    for command in (["profile"], ["compile"], ["info"], ["disasm"], ["run", "--random", "1"]):
        text = ok(command[0], made / "odd.tflite", *command[1:]).stdout.decode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
        assert "\nname" not in text


def test_profile_table(conv, ab):
    text = ok("profile", conv).stdout.decode()
    assert re.search(r"est\. cycles", text)
    assert re.search(r"^cycles +\d+ \(estimate\)", text, re.M)
    assert re.search(r"^ +0 NPU +\d+ +147456 ", text, re.M)
    save(ab, x=np.zeros([2, 8, 8, 16], np.int8))
    refused("profile", conv, "-i", ab / "x.npy", says="2 inferences")


def test_info(made, two):
    text = ok("info").stdout.decode()
    assert re.search(r"^libnpu +\d+\.\d+\.\d+$", text, re.M)
    assert re.search(r"^command set +\d+\.\d+$", text, re.M)
    for preset, macs in (("nano", 64), ("base", 256)):
        assert re.search(rf"^preset +{preset}: {macs} MACs .* devices: iss, rtl, cpu$", text, re.M)
    text = ok("info", two).stdout.decode()
    assert "input  1  b  int8 [2, 3]  scale 1, zero point 0" in text
    assert "output 0  sum  int8 [2, 3]" in text
    assert re.search(r"^operator +ADD +1: 1 on the NPU", text, re.M)
    text = ok("info", made / "conv.npu").stdout.decode()
    assert "input  0  image  int8 [1, 8, 8, 16]  scale 0.5, zero point -3" in text
    assert re.search(r"^cycles +[1-9]\d* \(estimate\)$", text, re.M)


def test_disasm(made):
    text = ok("disasm", made / "conv.npu").stdout.decode()
    assert re.search(r"^layer 0: CONV_2D.* out$", text, re.M)
    assert re.search(r"\bconv\b", text) and re.search(r"\bend\b", text)
    assert ok("disasm", made / "conv.tflite").stdout.decode() == text
    assert re.search(r"^step \d: CPU: SOFTMAX", ok("disasm", made / "softmax.tflite").stdout.decode(), re.M)
