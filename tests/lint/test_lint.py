# SPDX-License-Identifier: MIT
"""Rules for the files of the project that no compiler checks."""
import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", "__pycache__", os.environ.get("ONPU_BUILD", "build"), "build", "docs/images",
            ".pytest_cache"}
COMMENTED = {".c", ".h", ".dtso", ".conf", ".sv", ".svh", ".v", ".rdl", ".yaml", ".py", ".pl", ".sh", ".map"}


def files():
    for folder, below, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        below[:] = sorted(b for b in below if b not in NOT_OURS and str(here / b) not in NOT_OURS)
        yield from (here / name for name in sorted(names))


FILES = list(files())


def text(path):
    """Contents, None for what is not text."""
    try:
        return (ROOT / path).read_text()
    except UnicodeDecodeError:
        return None


def script(path):
    """The interpreter's name where the file starts with #!, else an empty string."""
    first = (text(path) or "").split("\n", 1)[0]
    return first.split("/")[-1].split()[-1] if first.startswith("#!") else ""


def places(pattern, paths, flags=0):
    return [f"{path}:{number}: {line.strip()[:80]}"
            for path in paths
            for number, line in enumerate((text(path) or "").split("\n"), 1)
            if re.search(pattern, line, flags)]


def show(found):
    assert not found, "\n".join(["", *found])


def test_there_are_files():
    assert len(FILES) > 50 and Path("Makefile") in FILES


def licence(path):
    """MIT, but for what the kernel is linked with or takes over."""
    if path.parts[0] == "uapi":
        return "GPL-2.0-only WITH Linux-syscall-note OR MIT"
    if path.parts[:2] == ("driver", "bindings"):
        return "GPL-2.0-only OR BSD-2-Clause"
    return "GPL-2.0-only" if path.parts[0] == "driver" else "MIT"


def test_licence_in_every_source_file():
    sources = [p for p in FILES
               if p.suffix in COMMENTED or p.name in ("Makefile", "Kbuild", "Kconfig") or script(p)]
    show([str(p) for p in sources
          if not re.search(rf"SPDX-License-Identifier: {licence(p)}( \*/)?$",
                           "\n".join(text(p).split("\n")[:3]), re.M)])


def test_no_blanks_at_line_ends():
    show(places(r"[ \t]$", [p for p in FILES if p.suffix != ".md"]))


def test_files_end_with_one_newline():
    show([str(p) for p in FILES if text(p) and not re.search(r"[^\n]\n\Z", text(p))])


def test_c_lines_fit():
    """100 columns are the aim; this is where the patience ends.  A message stays in one piece."""
    show([f"{path}:{number}: {len(line.expandtabs(8))} columns"
          for path in FILES if path.suffix in (".c", ".h") and "do not edit" not in text(path)
          for number, line in enumerate(text(path).split("\n"), 1)
          if len(line.expandtabs(8)) > 120 and not re.fullmatch(r'\s*".*"[,;)]*', line)])


def test_c_is_indented_by_tabs():
    show(places(r"^ {8}", [p for p in FILES if p.suffix in (".c", ".h")]))


def test_nothing_is_left_to_do():
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
    # TAP has a directive of that name.
    show(places(rf"\b({marks})\b", [p for p in FILES if p.parent != Path("tests/runner")]))


def test_no_paths_of_one_machine():
    here = Path(__file__).relative_to(ROOT)
    show(places(r"(?<![\w.~-])/(work|root|home)/", [p for p in FILES if p != here]))


def test_python_is_python():
    for path in FILES:
        if path.suffix == ".py" or script(path).startswith("python"):
            ast.parse(text(path), str(path))


@pytest.mark.parametrize("path", [p for p in FILES if script(p) in ("sh", "bash")], ids=str)
def test_shell_is_shell(path):
    done = subprocess.run([script(path), "-n", ROOT / path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_scripts_can_be_started():
    show([str(p) for p in FILES if script(p) and not os.access(ROOT / p, os.X_OK)])
