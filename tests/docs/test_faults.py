# SPDX-License-Identifier: MIT
"""docs/fault-reference.md lists every code that the headers have, with its number, in its own section."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "fault-reference.md").read_text()
FIRMWARE = "firmware/include/onpu_fw.h"
REGISTERS = "hw-model/regs/onpu_regs.h"

# Section, table in it, header, enumeration or None for macros, prefix.
TABLES = [
    ("Of a command", 0, "hw-model/isa/onpu_isa.h", "onpu_fault", "ONPU_FAULT_"),
    ("Of a job", 0, FIRMWARE, "onpu_fw_status", "ONPU_FW_"),
    ("Of a job", 1, FIRMWARE, "onpu_fw_bad", "ONPU_FW_BAD_"),
    ("Of a queue", 0, FIRMWARE, "onpu_fw_queue_reason", "ONPU_FW_QUEUE_"),
    ("Of the firmware", 0, FIRMWARE, "onpu_fw_crash_code", "ONPU_FW_CRASH_"),
    ("Of the boot", 0, REGISTERS, None, "ONPU_HOST_STATUS_BOOT_"),
    ("Of an access", 0, REGISTERS, None, "ONPU_HOST_FAULT_STATUS_SOURCE_"),
    ("Of the driver", 0, "uapi/drm/onpu_drm.h", "drm_onpu_fault_code", "DRM_ONPU_FAULT_"),
    ("Of the library", 0, "libnpu/include/npu.h", "npu_status", "NPU_ERR_"),
]


def codes(header, enumeration, prefix):
    text = (ROOT / header).read_text()
    if enumeration is None:
        found = re.findall(rf"^#define\s+{prefix}(\w+)\s+(\d+)$", text, re.M)
        return {name: int(value) for name, value in found if name != "SHIFT"}
    body = next(body for before, body, after in re.findall(r"enum (\w*) ?\{(.*?)\} ?(\w*);", text, re.S)
                if enumeration in (before, after))
    found = re.findall(rf"^\s*{prefix}(\w+) = (-?\d+)", body, re.M)
    assert found, f"{header} has no enumeration {enumeration}"
    return {name: int(value) for name, value in found}


def tables(section):
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S).group(1)
    parts = re.split(r"^\| code \|.*\n\|[-|]+\|\n", text, flags=re.M)[1:]
    return [{name: int(value) for value, name in re.findall(r"^\| (-?\d+) \| `(\w+)` \|", part, re.M)} for part in parts]


@pytest.mark.parametrize("section, table, header, enumeration, prefix", TABLES)
def test_every_code_is_there(section, table, header, enumeration, prefix):
    expected = codes(header, enumeration, prefix)
    assert len(expected) > 2
    assert tables(section)[table] == expected
