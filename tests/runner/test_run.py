# SPDX-License-Identifier: MIT
"""tests/run itself: whatever goes wrong in a test program, it must not end in success."""
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[1] / "run"


def program(folder, name, body):
    path = folder / name
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)
    return path


def run(*arguments):
    done = subprocess.run([RUN, "--python", sys.executable, *map(str, arguments)], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=900)
    return done.returncode, done.stdout, done.stdout.splitlines()[-1]


def runs(pid):
    """Neither gone, nor dead and waited for by nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# What a program does, what is counted for it, and what is said about it.
CASES = {
    "passes": ("echo 1..2; echo ok 1; echo ok 2", (2, 0, 0), ""),
    "fails": ("echo 1..2; echo ok 1; echo 'not ok 2 - it'; exit 1", (1, 1, 0), "not ok 2 - it"),
    "fails_silently": ("echo 1..1; echo ok 1; exit 3", (1, 1, 0), "exited with status 3"),
    "fails_with_status_0": ("echo 1..1; echo not ok 1", (0, 1, 0), "not ok 1"),
    "skips": ("echo 1..1; echo 'ok 1 - one # SKIP no data'", (0, 0, 1), "one: no data"),
    "skips_as_cmocka_does": ("echo 1..1; echo 'not ok 1 # SKIP test_one'", (0, 0, 1), "test_one"),
    "skips_all": ("echo '1..0 # SKIP no data'", (0, 0, 1), "no data"),
    "dies": ("echo 1..1; echo ok 1; kill -SEGV $$", (1, 1, 0), "ended by signal 11"),
    "stops_early": ("echo 1..3; echo ok 1", (1, 1, 0), "Bad plan"),
    "has_no_plan": ("echo ok 1", (1, 1, 0), "No plan"),
    "has_two_plans": ("echo 1..1; echo ok 1; echo 1..1; echo ok 2", (1, 1, 0),
                      "More than one plan"),
    "says_nothing": ("true", (0, 1, 0), "ran no test"),
    "plans_nothing": ("echo 1..0; exit 5", (0, 1, 0), "exited with status 5"),
    "hangs": ("echo 1..1; echo ok 1; sleep 600", (1, 1, 0), "ran longer than 5 s"),
    "leaves_a_child_that_hangs": ("sleep 600 & echo 1..1; echo ok 1", (1, 1, 0),
                                  "ran longer than 5 s"),
}


@pytest.mark.parametrize("name", CASES)
def test_one_program(tmp_path, name):
    body, (passed, failed, skipped), message = CASES[name]
    # Long enough for what does not hang.
    limit = 5 if "hang" in name else 600
    status, output, last = run("--timeout", limit, program(tmp_path, name, body))
    assert last == f"{passed} passed, {failed} failed, {skipped} skipped", output
    assert (status != 0) == (failed > 0), output
    assert message in output


def test_sum_and_order(tmp_path):
    programs = [program(tmp_path, name, CASES[name][0])
                for name in ("passes", "skips", "fails", "passes")]
    status, output, last = run("--jobs", 3, *programs)
    assert status != 0
    assert last == "5 passed, 1 failed, 1 skipped", output


def test_program_that_does_not_exist(tmp_path):
    status, output, last = run(tmp_path / "none")
    assert status != 0
    assert last == "0 passed, 1 failed, 0 skipped", output


def test_pytest_files(tmp_path):
    good, bad = tmp_path / "test_good.py", tmp_path / "test_bad.py"
    good.write_text("import pytest\n"
                    "def test_a(): pass\n"
                    "def test_b(): pytest.skip('no reason')\n")
    bad.write_text("def test_c(): assert 1 == 2\n")
    status, output, last = run(good)
    assert (status, last) == (0, "1 passed, 0 failed, 1 skipped"), output
    status, output, last = run(good, bad)
    assert (status != 0, last) == (True, "1 passed, 1 failed, 1 skipped"), output
    assert "assert 1 == 2" in output
    bad.write_text("import pytest\n"
                   "@pytest.fixture\n"
                   "def thing():\n    yield\n    raise ValueError('in teardown')\n"
                   "def test_d(thing): pass\n")
    status, output, last = run(bad)
    assert (status != 0, last) == (True, "0 passed, 1 failed, 0 skipped"), output
    assert "in teardown" in output
    bad.write_text("import pytest\npytest.skip('no data', allow_module_level=True)\n")
    status, output, last = run(bad)
    assert (status, last) == (0, "0 passed, 0 failed, 1 skipped"), output
    assert "no data" in output
    bad.write_text("x = 1\n")
    status, output, last = run(bad)
    assert (status != 0, last) == (True, "0 passed, 1 failed, 0 skipped"), output
    bad.write_text("this is not Python\n")
    status, output, last = run(bad)
    assert (status != 0, last) == (True, "0 passed, 1 failed, 0 skipped"), output


def test_sign_of_life(tmp_path):
    slow = program(tmp_path, "slow", "echo 1..1; sleep 5; echo ok 1")
    status, output, _ = run("--heartbeat", 1, slow)
    assert status == 0
    assert "slow: 0 tests so far" in output


def test_children_are_ended_with_a_program_that_hangs(tmp_path):
    mark = tmp_path / "pid"
    run("--timeout", 5, program(tmp_path, "hang", f"sleep 600 & echo $! > {mark}; sleep 600"))
    pid = int(mark.read_text())
    # Who is killed is gone a moment later.
    end = time.monotonic() + 60
    while runs(pid):
        assert time.monotonic() < end, "the program's child still runs"
        time.sleep(0.05)
