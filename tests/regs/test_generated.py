# SPDX-License-Identifier: MIT
"""The committed register files are what onpu.rdl makes, and a stale one is noticed."""
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ["onpu_regs.h", "onpu_host_regs.sv", "onpu_host_regs_pkg.sv", "onpu_ctl_regs.sv",
         "onpu_ctl_regs_pkg.sv"]


def check(root):
    return subprocess.run([sys.executable, str(root / "hw-model/regs/gen.py"), "--check"],
                          capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "hw-model/regs", tmp_path / "hw-model/regs")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/register-manual.md", tmp_path / "docs")
    return tmp_path


def test_current():
    result = check(ROOT)
    assert result.returncode == 0, result.stderr


def test_changed_source_is_noticed(copy):
    source = copy / "hw-model/regs/onpu.rdl"
    text = source.read_text()
    assert "DOORBELL @ 0x020" in text
    source.write_text(text.replace("DOORBELL @ 0x020", "DOORBELL @ 0x3f0"))
    result = check(copy)
    assert result.returncode != 0
    for name in ("onpu_regs.h", "onpu_host_regs.sv", "register-manual.md"):
        assert name in result.stderr
    assert "onpu_ctl_regs.sv" not in result.stderr


@pytest.mark.parametrize("name", FILES)
def test_edited_output_is_noticed(copy, name):
    path = copy / "hw-model/regs" / name
    path.write_text(path.read_text() + "\n")
    result = check(copy)
    assert result.returncode != 0 and name in result.stderr


def test_pages_are_separate():
    """What only the host may do is not in the control core's block."""
    control = (ROOT / "hw-model/regs/onpu_ctl_regs.sv").read_text()
    assert "ACTIVE_CTX" in control
    for name in ("CTX_TABLE", "TLB_INV", "BOOT_VA", "FULL_RESET"):
        assert name not in control.upper()


def test_header_compiles(tmp_path):
    source = tmp_path / "t.c"
    source.write_text('#include "onpu_regs.h"\n'
                      "_Static_assert(ONPU_CTL_REGION_VA(15) == 0x0f8, \"array\");\n"
                      "_Static_assert(ONPU_HOST_ID_VALUE == 0x55504e4f, \"ONPU\");\n")
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-c", str(source), "-o",
                    str(tmp_path / "t.o"), "-I", str(ROOT / "hw-model/regs")], check=True)
