# SPDX-License-Identifier: MIT
"""test_threads.c under ThreadSanitizer, which must find nothing, and what is planted."""
import os
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("ONPU_BUILD", "build")).resolve()
FLAGS = """-std=gnu11 -g -O1 -fsanitize=thread -Wno-tsan -pthread -Ilibnpu/include -Ilibnpu/src -Ihw-model -Ihw-model/iss
           -Ifirmware/include""".split()
REPORT = "WARNING: ThreadSanitizer: data race"

# What is built how, in the library's place.
PLANTED = {
    "no locks": (["host.c", "host_backend.c", "queue.c", "vm.c"], "runtime",
                 ["-include", "tests/unit/planted_races.h"]),
    "one error for all": (["error.c"], "ir", ["-D_Thread_local="]),
}


def run(program):
    """Its end, and what it said."""
    # Older sanitizers do not know what to do where addresses are more random than they expect.
    for command in ([program], ["setarch", "-R", program]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
                              env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1", "CMOCKA_MESSAGE_OUTPUT": "STDOUT"})
        said = done.stdout + done.stderr
        if "ThreadSanitizer: unexpected memory mapping" not in said:
            break
    if "unexpected memory mapping" in said or "failed to set personality" in said:
        pytest.skip(f"ThreadSanitizer cannot run on this machine: {said[-200:]}")
    return done.returncode, said


def test_there_is_no_race():
    status, said = run(BUILD / "tsan/test_threads")
    print(said)
    assert status == 0 and "ThreadSanitizer" not in said and "PASSED" in said


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_race_is_found(name, tmp_path):
    files, folder, flags = PLANTED[name]
    program = tmp_path / "test_threads"
    subprocess.run([*shlex.split(os.environ.get("CC", "gcc")), *FLAGS, *flags,
                    *(f"libnpu/src/{folder}/{file}" for file in files), BUILD / "tsan/obj/tests/unit/test_threads.o",
                    BUILD / "tsan/libnpu.a", "-lcmocka", "-lm", "-o", program], cwd=ROOT, check=True)
    status, said = run(program)
    assert status != 0 and REPORT in said, said[-3000:]
