# SPDX-License-Identifier: MIT
"""npu where memory, disk, permission or patience end: a message, a status, and nothing half-written."""
import os
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

import nets
from nets import NPU, npu, ok

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    """The library that makes allocations and moments fail."""
    library = tmp_path_factory.mktemp("preload") / "preload.so"
    subprocess.run([*shlex.split(os.environ.get("CC", "gcc")), "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o",
                    library, HERE / "preload.c", "-ldl"], check=True)
    return library


@pytest.fixture
def folder(tmp_path):
    """Networks, a program and inputs: what commands read.  What they write is put elsewhere."""
    made = tmp_path / "given"
    made.mkdir()
    (made / "conv.tflite").write_bytes(nets.convolution())
    (made / "two.tflite").write_bytes(nets.sum_and_difference())
    np.save(made / "x.npy", np.zeros([1, 8, 8, 16], np.int8))
    ok("compile", made / "conv.tflite", "-q", "-o", made / "conv.npu")
    (tmp_path / "out").mkdir()
    return made


@pytest.fixture
def out(folder):
    return folder.parent / "out"


def writers(folder, out):
    """Every way to have npu write a file: arguments, and the files."""
    return {
        "compile": (["compile", folder / "conv.tflite", "-o", out / "a.npu"], ["a.npu"]),
        "prune": (["prune", folder / "conv.tflite", "--sparsity", "0.5", "-o", out / "a.tflite"], ["a.tflite"]),
        "run": (["run", folder / "conv.npu", "-i", folder / "x.npy", "-o", out / "y.npy"], ["y.npy"]),
        "run, raw": (["run", folder / "conv.npu", "--random", "1", "-o", out / "y"], ["y"]),
        "run, two": (["run", folder / "two.tflite", "--random", "1", "-o", out / "s.npy", out / "d.npy"],
                     ["s.npy", "d.npy"]),
    }


WRITERS = list(writers(Path(), Path()))
TRACERS = {"run": ["--random", "1"], "profile": [], "compare": []}


def message(text, *words):
    """A single line that says all of this."""
    assert text.startswith("npu: ") and text.count("\n") == 1 and text.endswith("\n"), text
    for word in words:
        assert word in text, text


# ---- memory ----------------------------------------------------------------------------

COMMANDS = {
    "compile": ["compile", "{in}/conv.tflite", "-o", "{out}/file"],
    "run": ["run", "{in}/conv.npu", "-i", "{in}/x.npy", "-o", "{out}/file"],
    "run, cpu": ["run", "{in}/two.tflite", "-d", "cpu", "--random", "1", "--dequantize", "-o", "{out}/file"],
    "compare": ["compare", "{in}/two.tflite", "--random", "1"],
    "profile": ["profile", "{in}/conv.npu", "--json"],
    "prune": ["prune", "{in}/conv.tflite", "--sparsity", "2:4", "--random", "1", "-o", "{out}/file"],
    "info": ["info", "{in}/conv.tflite"],
    "disasm": ["disasm", "{in}/conv.npu"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_out_of_memory(folder, out, preload, tmp_path, command):
    """At every allocation of the process, those of the C library among them, which may do without."""
    arguments = [argument.format(**{"in": folder, "out": out}) for argument in COMMANDS[command]]
    file = out / "file"

    def attempt(number):
        if out / "file" in map(Path, arguments):
            file.write_bytes(b"old")
        return subprocess.run([NPU, *arguments], capture_output=True, text=True, check=False, env={
            **os.environ, "LD_PRELOAD": str(preload), "FAIL_ALLOC": str(number), "FAIL_REPORT": str(tmp_path / "n")})

    good = attempt(0)
    assert good.returncode == 0, good.stderr
    total = int((tmp_path / "n").read_text())
    result = file.read_bytes() if file.exists() else None
    failures = 0
    assert total > 20
    for number in range(1, total + 1):
        done = attempt(number)
        if done.returncode == 0:
            assert (done.stdout, done.stderr) == (good.stdout, ""), number
            assert not file.exists() or file.read_bytes() == result
        else:
            failures += 1
            assert done.returncode == (2 if command == "compare" else 1), (number, done.stderr)
            message(done.stderr, "memory")
            assert done.stderr != "npu: out of memory\n", number
            assert not file.exists() or file.read_bytes() == b"old"
        assert set(os.listdir(out)) <= {"file"}, number
    assert failures > total // 2


# ---- signals --------------------------------------------------------------------------------

def heed(number):
    """In a child: the signal ends it, also if whoever started the tests ignores it, as a shell does in the background."""
    signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE])
@pytest.mark.parametrize("command", WRITERS)
def test_signal_while_a_file_is_written(folder, out, preload, command, number):
    """When all is written, and nothing is in place yet."""
    arguments, files = writers(folder, out)[command]
    (out / files[0]).write_bytes(b"old")
    done = subprocess.run([NPU, *arguments], capture_output=True, check=False, cwd=out, env={
        **os.environ, "LD_PRELOAD": str(preload), "FAIL_FSYNC": str(int(number))},
        preexec_fn=lambda: heed(number))
    assert done.returncode == -number, done.stderr
    assert os.listdir(out) == [files[0]]
    assert (out / files[0]).read_bytes() == b"old"


def test_signals_that_are_ignored(folder, out, preload):
    """As nohup does."""
    arguments, files = writers(folder, out)["run"]
    done = subprocess.run([NPU, *arguments], capture_output=True, check=False, env={
        **os.environ, "LD_PRELOAD": str(preload), "FAIL_FSYNC": str(int(signal.SIGHUP))},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert done.returncode == 0, done.stderr
    assert os.listdir(out) == files


def running(*arguments):
    """A run that would take minutes, once it has read its inputs."""
    batches = 20000
    process = subprocess.Popen([NPU, "run", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdin.write(bytes(batches * 1024))
    process.stdin.close()
    process.stdin = None
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("device", ["iss", "rtl"])
def test_signal_during_a_run(folder, out, device, number):
    (out / "y.npy").write_bytes(b"old")
    process = running(folder / "conv.npu", "-d", device, "-i", "-", "-o", out / "y.npy")
    time.sleep(0.3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == -number and errors == b""
    assert os.listdir(out) == ["y.npy"] and (out / "y.npy").read_bytes() == b"old"


def test_signal_during_a_trace(folder, out):
    """A waveform is kept as far as it came, for whoever looks for what does not end."""
    process = running(folder / "conv.npu", "-d", "rtl", "-i", "-", "-o", out / "y.npy", "--trace", out / "t.fst")
    while not (out / "t.fst").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=600)
    assert process.returncode == -signal.SIGINT
    assert set(os.listdir(out)) <= {"t.fst", "t.fst.hier"}


# ---- disk --------------------------------------------------------------------------------

def limited(size):
    """Files may not become larger; the signal that comes with it is as it is by default."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("command", WRITERS)
def test_file_that_is_too_large(folder, out, command):
    arguments, files = writers(folder, out)[command]
    # Some of the first file is written, or all of it and not all of the second.
    done = subprocess.run([NPU, *arguments], capture_output=True, text=True, check=False, preexec_fn=limited(100))
    assert done.returncode == 1
    message(done.stderr, str(out / files[0]), "File too large")
    assert os.listdir(out) == []


def on_small_disk(out, size, arguments):
    """npu with a file system of that size at out, which is gone afterwards; and what was left there."""
    script = ('mount -t tmpfs -o size="$1" none "$2" 2>&1 || exit 77; out="$2"; shift 2; "$@"; status=$?; '
              'ls -A "$out" >&3; exit $status')
    reading, writing = os.pipe()
    done = subprocess.run(["unshare", "--mount", "bash", "-c", script.replace(">&3", f">&{writing}"), "-", str(size),
                           out, *map(str, arguments)], capture_output=True, text=True, check=False,
                          pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as names:
        left = names.read().split()
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"a file system cannot be mounted here: {done.stdout}{done.stderr}".strip())
    return done, left


@pytest.mark.parametrize("command", WRITERS)
def test_disk_that_is_full(folder, out, command):
    arguments, files = writers(folder, out)[command]
    fill = "head -c 1M /dev/zero > \"$0\" 2> /dev/null; exec \"$@\""
    done, left = on_small_disk(out, "4k", ["bash", "-c", fill, out / "ballast", NPU, *arguments])
    assert done.returncode == 1
    message(done.stderr, str(out / files[0]), "No space left")
    assert left == ["ballast"]


@pytest.mark.parametrize("command", TRACERS)
def test_trace_that_is_too_large(folder, out, command):
    """Of any size: its writer crashes, or closes a damaged file as if it were good."""
    for size in (4096, 70000, 400000):
        done = subprocess.run([NPU, command, folder / "conv.tflite", "-d", "rtl", "--trace", out / "t.fst",
                               *TRACERS[command]], capture_output=True, text=True, check=False,
                              preexec_fn=limited(size))
        assert done.returncode == (2 if command == "compare" else 1), (size, done.stderr)
        message(done.stderr, str(out / "t.fst"), "--window")
        assert os.listdir(out) == [], size


@pytest.mark.parametrize("size", ["24k", "400k"])
def test_trace_on_a_disk_that_is_full(folder, out, size):
    done, left = on_small_disk(out, size, [NPU, "run", folder / "conv.tflite", "-d", "rtl", "--random", "1", "--trace",
                                           out / "t.fst"])
    assert done.returncode == 1
    message(done.stderr, str(out / "t.fst"), "disk is full")
    assert left == []


def test_trace_that_is_no_file(folder, out):
    """What is there is removed first by the writer, and that may be a device."""
    os.mkfifo(out / "pipe")
    done = npu("run", folder / "conv.npu", "-d", "rtl", "--random", "1", "--trace", out / "pipe")
    assert done.returncode == 1
    message(done.err, str(out / "pipe"), "regular file")
    assert (out / "pipe").is_fifo()


def test_network_is_never_overwritten(folder, tmp_path):
    network, program = folder / "conv.tflite", folder / "conv.npu"
    (tmp_path / "link").symlink_to(network)
    before = network.read_bytes(), program.read_bytes()
    for arguments in (["compile", network, "-o", network], ["compile", network, "-o", tmp_path / "link"],
                      ["prune", network, "--sparsity", "0.5", "-o", network],
                      ["run", program, "--random", "1", "-o", program],
                      ["run", network, "-d", "rtl", "--random", "1", "--trace", network]):
        done = npu(*arguments)
        assert done.returncode == 1
        message(done.err, "is the network itself", "another name")
    assert before == (network.read_bytes(), program.read_bytes())


# ---- permission --------------------------------------------------------------------------

def as_nobody(*arguments):
    """As a user that is not root; a copy of the tool, for the build may be where only root gets."""
    user = {"user": 65534, "group": 65534, "extra_groups": []} if not os.geteuid() else {}
    return subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False, cwd="/", **user)


def test_no_permission(folder):
    """tmp_path is for its owner alone, so this is in a folder that anybody can enter."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        given, out = place / "given", place / "out"
        shutil.copytree(folder, given)
        shutil.copy(NPU, place / "npu")
        out.mkdir()
        for path, mode in ((place, 0o755), (given, 0o755), (out, 0o555)):
            path.chmod(mode)
        for command, (arguments, files) in writers(given, out).items():
            done = as_nobody(place / "npu", *arguments)
            assert done.returncode == 1, command
            message(done.stderr, str(out / files[0]), "cannot create a file in its folder", "Permission denied")
        for path in given.iterdir():
            path.chmod(0)
        for arguments, path in ((["run", given / "conv.npu", "--random", "1"], "conv.npu"),
                                (["compile", given / "conv.tflite"], "conv.tflite"),
                                (["prune", given / "conv.tflite", "--sparsity", "0.5"], "conv.tflite"),
                                (["disasm", given / "conv.npu"], "conv.npu"),
                                (["coredump", given / "conv.npu"], "conv.npu")):
            done = as_nobody(place / "npu", *arguments)
            assert done.returncode == 1
            message(done.stderr, str(given / path), "Permission denied")
        (given / "conv.npu").chmod(0o644)
        done = as_nobody(place / "npu", "run", given / "conv.npu", "-i", given / "x.npy")
        assert done.returncode == 1
        message(done.stderr, str(given / "x.npy"), "Permission denied")
        out.chmod(0o755)


# ---- a reader that goes away --------------------------------------------------------------

PRINTERS = {"help": ["--help"], "info": ["info", "conv.npu"], "disasm": ["disasm", "conv.npu"],
            "profile": ["profile", "conv.npu"], "compile": ["compile", "conv.tflite"],
            "run": ["run", "conv.npu", "--random", "1", "-o", "-"]}


@pytest.mark.parametrize("command", PRINTERS)
@pytest.mark.parametrize("ignored", [False, True])
def test_closed_pipe(folder, command, ignored):
    reading, writing = os.pipe()
    os.close(reading)
    # restore_signals: Python ignores SIGPIPE, and what it starts does too unless told otherwise.
    done = subprocess.run([NPU, *PRINTERS[command]], stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
                          cwd=folder, restore_signals=not ignored)
    os.close(writing)
    if ignored:
        assert done.returncode == 1
        message(done.stderr, "standard output", "Broken pipe")
    else:
        assert done.returncode == -signal.SIGPIPE and done.stderr == ""


def test_closed_pipe_beside_a_file(folder, out):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([NPU, "run", folder / "two.tflite", "--random", "1", "-o", out / "s.npy", "-"],
                          stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert done.returncode == -signal.SIGPIPE
    assert os.listdir(out) == []


@pytest.mark.parametrize("command", ["disasm", "info", "compile", "profile"])
def test_full_standard_output(folder, command):
    with open("/dev/full", "w") as full:
        done = subprocess.run([NPU, *PRINTERS[command]], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                              cwd=folder)
    assert done.returncode == 1
    message(done.stderr, "standard output", "No space left")


# ---- several at once --------------------------------------------------------------------------

def test_processes_write_one_file(folder, out):
    results = [ok("run", folder / "conv.npu", "--random", seed, "-o", "-").stdout for seed in range(4)]
    assert len(set(results)) == 4
    for _ in range(5):
        processes = [subprocess.Popen([NPU, "run", folder / "conv.npu", "--random", str(seed), "-o", out / "y"])
                     for seed in range(4)]
        assert [process.wait(timeout=600) for process in processes] == [0] * 4
        assert (out / "y").read_bytes() in results
        assert os.listdir(out) == ["y"]
    for process in [subprocess.Popen([NPU, "compile", folder / "conv.tflite", "-q", "-o", out / "y"])
                    for _ in range(4)]:
        assert process.wait(timeout=600) == 0
    assert (out / "y").read_bytes() == (folder / "conv.npu").read_bytes()
    assert os.listdir(out) == ["y"]


# ---- programs -----------------------------------------------------------------------------------

@pytest.mark.parametrize("command", ["run", "info", "disasm", "profile"])
def test_programs_that_are_damaged(folder, out, command):
    """Cut off, longer, changed: the file is named, and what to do."""
    program = (folder / "conv.npu").read_bytes()
    extra = ["--random", "1"] if command == "run" else []
    cut = [program[:n] for n in range(8, len(program), len(program) // 20)]
    changed = [program[:n] + bytes([program[n] ^ 0x10]) + program[n + 1:]
               for n in range(20, len(program), len(program) // 20)]
    for damaged in [*cut, program + b"x", *changed]:
        (out / "bad.npu").write_bytes(damaged)
        done = npu(command, out / "bad.npu", *extra)
        assert done.returncode == 1 and done.stdout == b""
        message(done.err, str(out / "bad.npu"), "copy it again")


def test_programs_of_another_preset(folder, out):
    """The file says another preset than the one that is asked for, by option or by the device."""
    ok("compile", folder / "conv.tflite", "-q", "--preset", "nano", "-o", out / "nano.npu")
    for command in ("run", "profile", "info", "disasm"):
        extra = ["--random", "1"] if command == "run" else []
        done = npu(command, out / "nano.npu", "--preset", "base", *extra)
        assert done.returncode == 1
        message(done.err, str(out / "nano.npu"), "nano", "compile the network again with --preset base")
