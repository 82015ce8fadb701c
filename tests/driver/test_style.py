# SPDX-License-Identifier: MIT
"""The driver and its header, as the kernel's own tools would have them."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
UAPI = TOP / "uapi/drm/onpu_drm.h"
SOURCES = sorted([*(TOP / "driver").glob("*.[ch]"), UAPI])
# (file, remark): why it stays.
ALLOWED = {
    (r"onpu_trace\.h", r"OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT"):
        "trace events are no calls: all of the kernel's look like this",
    (r"onpu_drm\.h", r"BIT_MACRO"): "user space has no BIT()",
    (r"onpu_\w+\.c", r"ALLOC_WITH_SIZEOF"): "kzalloc_obj() is younger than the oldest kernel this is built for",
    (r"onpu_device\.c", r"STATIC_CONST_CHAR_ARRAY"): "an environment that points to a text made on the stack",
}


def allowed(file, remark):
    return next((pattern for pattern in ALLOWED
                 if re.fullmatch(pattern[0], file) and re.fullmatch(pattern[1], remark)), None)


def checkpatch(guest_root, *paths):
    """[(file name, line, type, text)]"""
    done = subprocess.run(["perl", guest_root / "opt/guest/checkpatch.pl", "--strict", "--no-tree", "--terse",
                           "--show-types", "--no-summary", "-f", *paths],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert not done.stderr, done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith("total:")]
    found = [re.fullmatch(r"(?:.*/)?([^/:]+):(\d+): (?:ERROR|WARNING|CHECK):(\w+): (.*)", line) for line in lines]
    assert all(found), done.stdout
    return [(match[1], int(match[2]), match[3], match[4]) for match in found]


@pytest.fixture(scope="module")
def remarks(guest_root):
    return checkpatch(guest_root, *SOURCES)


def test_checkpatch(remarks):
    assert [remark for remark in remarks if not allowed(remark[0], remark[2])] == []


def test_what_is_allowed_is_still_needed(remarks):
    used = {allowed(file, remark) for file, _, remark, _ in remarks}
    assert set(ALLOWED) - used == set()


def test_checkpatch_would_say_it(guest_root, tmp_path):
    bad = tmp_path / "bad.c"
    bad.write_text("// SPDX-License-Identifier: GPL-2.0-only\nint f(void)\n{\n        return(1);\n}\n")
    assert {remark for _, _, remark, _ in checkpatch(guest_root, bad)} >= {"CODE_INDENT", "RETURN_PARENTHESES"}


# ---- kernel-doc ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kernel_doc(kernel_source):
    """kernel_doc(WORD...): (output, warnings)"""
    folder = kernel_source("tools/docs/kernel-doc", "tools/lib/python/kdoc")

    def run(*words):
        done = subprocess.run([sys.executable, folder / "tools/docs/kernel-doc", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        return done.stdout, done.stderr.splitlines()
    return run


def test_kernel_doc(kernel_doc):
    assert kernel_doc("-none", "-Wall", *SOURCES) == ("", [])


def test_kernel_doc_would_say_it(kernel_doc, tmp_path):
    header = tmp_path / "bad.h"
    header.write_text(UAPI.read_text().replace("	/** @ptr: address of the first element */\n", ""))
    _, warnings = kernel_doc("-none", "-Wall", header)
    assert any("'ptr' not described in 'drm_onpu_array'" in warning for warning in warnings), warnings


def test_the_whole_user_interface_is_documented(kernel_doc):
    """Of a struct that it does not take for documented, kernel-doc misses no member."""
    text, _ = kernel_doc("-rst", UAPI)
    source = UAPI.read_text()
    documented = set(re.findall(r"^\.\. c:(?:struct|enum|macro):: (\w+)", text, re.M))
    types = set(re.findall(r"^(?:struct|enum) (\w+) \{", source, re.M))
    flags = set(re.findall(r"^#define (DRM_ONPU_\w+)\s+\(1u(?:ll)? <<", source, re.M))
    assert len(types) > 20 and len(flags) > 10
    assert types | flags <= documented, sorted((types | flags) - documented)
