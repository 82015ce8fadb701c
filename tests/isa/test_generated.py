# SPDX-License-Identifier: MIT
"""What gen.py makes is committed; it must be current, and gen.py must be able to tell."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MADE = ["hw-model/isa/onpu_isa.h", "hw-model/isa/onpu_isa_pkg.sv", "hw-model/iss/isa_fields.c",
        "docs/command-manual.md"]


def run(root, *args):
    return subprocess.run([sys.executable, root / "hw-model/isa/gen.py", *args],
                          capture_output=True, text=True, check=False)


@pytest.fixture(name="copy")
def fixture_copy(tmp_path):
    """The generator with its inputs and outputs, where it may be changed."""
    for name in ["hw-model/isa/gen.py", "hw-model/isa/commands.yaml", *MADE]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(copy, old, new):
    path = copy / "hw-model/isa/commands.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_current():
    result = run(ROOT, "--check")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", MADE)
def test_names_what_is_not_current(copy, name):
    (copy / name).write_text((copy / name).read_text() + "\n")
    result = run(copy, "--check")
    assert result.returncode == 1
    assert re.findall("not current: (.*)", result.stdout) == [name]
    assert run(copy).returncode == 0
    assert run(copy, "--check").returncode == 0
    assert (copy / name).read_text() == (ROOT / name).read_text()


def test_a_changed_source_is_seen(copy):
    change(copy, "name: P_MAX, value: 256", "name: P_MAX, value: 128")
    assert run(copy, "--check").returncode == 1


def test_refuses_a_hole(copy):
    change(copy, "{name: round, type: u8, enum: round", "{name: round, type: u16, enum: round")
    result = run(copy)
    assert result.returncode == 1 and "hole before" in result.stderr


def test_refuses_part_of_a_word(copy):
    change(copy, '''      - {name: row, type: u16, doc: "first row; below ring if that is not 0"}
''', "")
    result = run(copy)
    assert result.returncode == 1 and "whole words" in result.stderr


def test_refuses_a_hole_in_a_bit_field(copy):
    change(copy, "{name: row, lsb: 16, width: 8,", "{name: row, lsb: 17, width: 7,")
    result = run(copy)
    assert result.returncode == 1 and "bit 16" in result.stderr


def test_refuses_two_opcodes_of_one_value(copy):
    change(copy, "name: FILL, value: 0x11", "name: FILL, value: 0x10")
    assert run(copy).returncode == 1
