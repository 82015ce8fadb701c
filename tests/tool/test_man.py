# SPDX-License-Identifier: MIT
"""Every command and program has a manual page, and page and --help name the same options."""
import re
import subprocess

import pytest

from nets import BUILD, ROOT, ok

MAN = ROOT / "docs" / "man"
COMMANDS = re.findall(r"^  (\w+)  ", ok("--help").stdout.decode().split("Commands:")[1].split("Options:")[0], re.M)

PAGES = sorted(MAN.glob("*.1"))


def page(command):
    return (MAN / f"npu-{command}.1").read_text()


def options_in_page(text):
    """The long options that the page explains."""
    return set(re.findall(r"-([a-z][a-z-]+)", "\n".join(re.findall(r"^\.It Fl (.*)$", text, re.M))))


def test_there_are_commands():
    assert len(COMMANDS) >= 6
    assert {path.name for path in MAN.glob("*.1")} >= {"npu.1", *(f"npu-{c}.1" for c in COMMANDS)}


@pytest.mark.parametrize("command", COMMANDS)
def test_options(command):
    text = ok(command, "--help").stdout.decode()
    in_help = set(re.findall(r"^  (?:-\w, |    )--([a-z-]+)", text, re.M))
    assert "help" in in_help
    assert options_in_page(page(command)) == in_help
    letters = dict(re.findall(r"^  -(\w), --([a-z-]+)", text, re.M))
    for letter, name in letters.items():
        assert re.search(rf"^\.It Fl {letter} , Fl -{name}\b", page(command), re.M)


def test_options_of_the_server():
    done = subprocess.run([BUILD / "onpu-server", "--help"], capture_output=True, text=True, check=True)
    in_help = re.findall(r"^  --([a-z-]+)", done.stdout, re.M)
    assert len(in_help) >= 8
    assert options_in_page((MAN / "onpu-server.1").read_text()) == set(in_help)


def test_overview():
    text = (MAN / "npu.1").read_text()
    assert options_in_page(text) == {"help", "version"}
    for command in COMMANDS:
        assert f".It Cm {command}\n" in text and f".Xr npu-{command} 1" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_structure(path):
    text = path.read_text()
    assert re.findall(r"^\.Sh (.*)$", text, re.M) == ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES",
                                                      "SEE ALSO"]
    assert f".Dt {path.stem.upper()} 1" in text
    for name in re.findall(r"^\.Xr (\S+) 1", text, re.M):
        assert (MAN / f"{name}.1").exists()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_formats_without_warnings(path):
    done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""
    assert "EXIT STATUS" in re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)
