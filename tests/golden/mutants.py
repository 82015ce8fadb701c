# SPDX-License-Identifier: MIT
"""Builds kernel_dump with one rounding of the kernels changed, and without."""
import hashlib
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from dump import BUILD, ROOT

SOURCES = ROOT / "libnpu" / "src"
HEADER = SOURCES / "kernels" / "rounding.h"
FOLDER = BUILD / "mutation"
PREFIX = "NPU_MUTATE_"
FLAGS = ["-std=gnu11", "-O1", "-w", "-ffp-contract=off"]
INCLUDES = [f"-I{ROOT / part}" for part in ("libnpu/include", "libnpu/src", "hw-model", "hw-model/iss", "firmware/include")]


def documented():
    """Names (without the prefix) in the comment at the top of the header."""
    comment = HEADER.read_text().split("*/", 2)[1]
    return sorted(set(re.findall(r"^\s*\*\s+" + PREFIX + r"(\w+)\s", comment, re.M)))


def used():
    """Names that the sources of the kernels test for."""
    found = set()
    for path in sorted((SOURCES / "kernels").glob("*.[ch]")):
        for line in path.read_text().splitlines():
            if line.lstrip().startswith("#"):
                found.update(re.findall(PREFIX + r"(\w+)", line))
    return sorted(found)


def _compiler():
    return shlex.split(os.environ.get("CC", "gcc"))


def _command(*arguments):
    done = subprocess.run([*map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Builder:
    """Objects are named by a hash of their preprocessed source, so that each is compiled once."""

    def __init__(self):
        (FOLDER / "obj").mkdir(parents=True, exist_ok=True)
        self._pool = ThreadPoolExecutor(2)
        self._files = [path for part in ("ir", "frontend", "kernels") for path in sorted((SOURCES / part).glob("*.c"))]
        self._files.append(ROOT / "tests" / "tools" / "kernel_dump.c")
        # What does not see the header is the same for all.
        self._mutable = {path for path in self._files if path.parent.name == "kernels"}
        self._shared = {}

    def build(self, mutant=None):
        """The path of the executable."""
        defines = [f"-D{PREFIX}{mutant}"] if mutant else []

        def compiled(path):
            if path not in self._mutable and path in self._shared:
                return self._shared[path]
            text = _command(*_compiler(), *FLAGS, *INCLUDES, *defines, "-E", "-P", path)
            name = hashlib.sha256((" ".join(_compiler() + FLAGS) + text).encode()).hexdigest()[:24]
            result = FOLDER / "obj" / f"{path.stem}-{name}.o"
            if not result.exists():
                partial = result.with_suffix(f".{os.getpid()}.tmp")
                _command(*_compiler(), *FLAGS, *INCLUDES, *defines, "-c", path, "-o", partial)
                partial.replace(result)
            self._shared[path] = result
            return result

        objects = list(self._pool.map(compiled, self._files))
        tool = FOLDER / (f"kernel_dump-{mutant}" if mutant else "kernel_dump")
        _command(*_compiler(), *objects, "-lm", "-o", tool)
        return tool
