# SPDX-License-Identifier: MIT
"""tests/guest/run: whatever becomes of a guest, the caller is told, and nothing is left running."""
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module", autouse=True)
def root():
    """The root is big: it is built by `tests/guest/root`, not by a test."""
    done = subprocess.run([HERE / "root", "--built"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("no guest root; tests/guest/root builds it")


def words(command, *options):
    return [str(HERE / "run"), *options, "--", "sh", "-c", command]


def run(command, *options):
    done = subprocess.run(words(command, *options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def processes(mark):
    """Those whose command line has this in it, but for the dead that nobody has waited for, and setpriv, which is about
    to become another."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            if mark.encode() in words and not words.startswith(b"setpriv\0"):
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def gone(mark, seconds=60):
    end = time.monotonic() + seconds
    while processes(mark) and time.monotonic() < end:
        time.sleep(0.1)
    return not processes(mark)


@pytest.mark.parametrize("arch, machine", [("x86_64", "x86_64"), ("arm64", "aarch64")])
def test_status_and_output(arch, machine, tmp_path):
    """Modules, files and a folder arrive; what comes out is exactly what was written."""
    (tmp_path / "a file").write_text("content\n")
    mark = f"onpu.mark={os.getpid()}-{arch}"
    status, output = run("uname -m; cat 'a file' /lib/firmware/onpu/a*; ls -d /sys/module/vgem; ls /modules/udl.ko;"
                         "echo from the guest > /host/answer; printf '\\377no newline'; exit 7",
                         "--arch", arch, "--file", str(tmp_path / "a file"), "--append", mark,
                         "--firmware", str(tmp_path / "a file"), "--share", str(tmp_path),
                         "--module", "vgem", "--put", "udl")
    assert (status, output) == (7, f"{machine}\ncontent\ncontent\n/sys/module/vgem\n/modules/udl.ko\n"
                                   "\ufffdno newline")
    assert (tmp_path / "answer").read_text() == "from the guest\n"
    assert not processes(mark)


def test_report_in_the_log():
    status, output = run("echo WARNING: planted > /dev/kmsg; echo ok")
    assert status == 126
    assert output.startswith("ok\n") and "# log: " in output and "WARNING: planted" in output


def test_report_that_is_allowed():
    status, output = run("echo WARNING: planted > /dev/kmsg; echo ok", "--allow-log", "planted$")
    assert (status, output) == (0, "ok\n")


def test_panic():
    status, output = run("echo before; sleep 1; echo c > /proc/sysrq-trigger; sleep 60")
    assert status == 125
    assert output.startswith("before\n") and "# guest: died" in output
    assert "Kernel panic - not syncing: sysrq triggered crash" in output


def test_time_limit():
    mark = f"onpu.mark={os.getpid()}-limit"
    status, output = run("sleep 1000", "--timeout", "2", "--append", mark)
    assert status == 124 and "# guest: time limit of 2 s" in output
    assert not processes(mark)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_it(number, tmp_path):
    """Neither QEMU, nor the server, nor the hook."""
    mark = f"onpu-mark-{os.getpid()}-{number}"
    server = tmp_path / mark
    server.write_text("import socket, sys, time\ns = socket.socket(socket.AF_UNIX)\n"
                      "s.bind(sys.argv[-1])\ns.listen()\ntime.sleep(600)\n")
    runner = subprocess.Popen(words("true", "--server", f"python3 {server}", "--append", mark, "--hook",
                                    f"sleep 600; : {mark}"),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)})
    try:
        end = time.monotonic() + 300
        # The runner itself, the server, QEMU (which waits for the server's answer) and the hook.
        while len(processes(mark)) < 4 and time.monotonic() < end:
            time.sleep(0.1)
        assert len(processes(mark)) >= 4
        runner.send_signal(number)
        assert runner.wait(60) == (-9 if number == signal.SIGKILL else 128 + number)
        assert gone(mark)
    finally:
        runner.kill()


@pytest.mark.parametrize("options, message", [
    (["--module", "no_such_module"], "has no module no_such_module"),
    (["--module", "no/such.ko"], "no module no/such.ko"),
    (["--file", "no/such"], "no file no/such"),
    (["--share", "no/such"], "no folder no/such"),
    (["--module-args", "drm debug=1"], "--module-args for drm, which is not loaded"),
    (["--server", "sh -c 'echo broken; exit 3'"], "broken"),
])
def test_what_keeps_it_from_starting(options, message):
    status, output = run("true", *options)
    assert status == 2 and message in output
