# SPDX-License-Identifier: MIT
"""Every loop of the firmware ends after a number of rounds that the compiler can prove, and that
docs/firmware.md states.  The proof takes nothing from array sizes (-fno-aggressive-loop-optimizations):
a loop that is bounded only because an index would otherwise run off its array is not."""
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = "-O1 -fno-inline -fno-lto -fno-aggressive-loop-optimizations -fdump-tree-ivcanon-details"
# No bound of its own: the loops around what is bounded, and those that run as long as a size says.
ENDLESS = {"main"}
BY_SIZE = {"memcpy", "memset"}


def loops(folder, source=ROOT / "firmware"):
    """Rounds of the longest loop by function; None if one has no bound."""
    subprocess.run(["make", "-s", "-C", source / "rv32", f"O={folder}", f"ROOT={ROOT}", f"CFLAGS={FLAGS} -dumpdir {folder}/",
                    f"{folder}/onpu_fw.elf"], check=True, capture_output=True, text=True,
                   env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"})
    dumps = sorted(folder.glob("*.ivcanon"))
    # A file without a loop has no dump.
    assert {dump.name.split(".")[0] for dump in dumps} == {
        file.stem for file in [*(source / "src").glob("*.c"), *(source / "rv32").glob("*.c")]
        if re.search(r"\b(for|while) \(", file.read_text())}
    found = {}
    for dump in dumps:
        for body in re.split(r"^;; Function ", dump.read_text(), flags=re.M)[1:]:
            name = body.split(" ", 1)[0]
            there = set(re.findall(r"^Estimating # of iterations of loop (\d+)$", body, re.M))
            most = {loop: int(rounds) + 1 for loop, rounds in
                    re.findall(r"^Loop (\d+) iterates at most (-?\d+) times\.$", body, re.M)}
            if there:
                # A count that is printed as negative, or of 2^24 and more, is no bound but the width of a register.
                bounds = [most.get(loop, 0) for loop in there]
                found[name] = max(bounds) if all(0 < bound < 1 << 24 for bound in bounds) else None
    return found


def documented():
    section = re.search(r"^## Loops\n(.*?)^## ", (ROOT / "docs/firmware.md").read_text(), re.M | re.S)[1]
    return {name: int(bound.replace(" ", "")) for names, bound in re.findall(r"^\| (`.+?) \| ([\d ]+) \|", section, re.M)
            for name in re.findall(r"`(\w+)`", names)}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return loops(tmp_path_factory.mktemp("loops"))


def test_every_loop_is_bounded(found):
    unbounded = {name for name, bound in found.items() if bound is None}
    assert unbounded == ENDLESS | BY_SIZE


def test_bounds_are_documented(found):
    stated = documented()
    assert set(stated) == set(found) - ENDLESS - BY_SIZE
    # A compiler that leaves the test at the head of a loop counts the round that only tests.
    assert {name: found[name] for name in stated if found[name] > stated[name] + 1} == {}


def test_unbounded_loop_is_noticed(tmp_path):
    """The same firmware, with a loop that waits for the hardware and counts nothing."""
    source = tmp_path / "firmware"
    subprocess.run(["cp", "-r", ROOT / "firmware", source], check=True)
    file = source / "src" / "job.c"
    text = file.read_text()
    assert text.count("for (i = 0; i < SPIN; i++) {") == 1
    file.write_text(text.replace("for (i = 0; i < SPIN; i++) {", "for (i = 0;; i += status) {"))
    (tmp_path / "o").mkdir()
    assert loops(tmp_path / "o", source)["switch_context"] is None
