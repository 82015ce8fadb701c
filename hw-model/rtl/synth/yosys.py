# SPDX-License-Identifier: MIT
"""What synthesis and proofs share: yosys as a library, with its SystemVerilog front end, and the sources of a block."""
import re
from pathlib import Path

RTL = Path(__file__).resolve().parents[1]
PRESETS = {"nano": (8, 131072), "base": (16, 524288), "wide": (32, 1048576)}
PACKAGES = [RTL.parent / "isa" / "onpu_isa_pkg.sv", RTL / "onpu_pkg.sv"]


def sources(block, found=None):
    """The files that a module needs, packages first."""
    found = {} if found is None else found
    for folder in (RTL, RTL.parent / "regs"):
        path = folder / f"{block}.sv"
        if path in PACKAGES or path in found or not path.exists():
            continue
        found[path] = re.sub(r"//[^\n]*", "", path.read_text())
        for name in sorted(set(re.findall(r"\bonpu_\w+\b", found[path]))):
            sources(name, found)
    return PACKAGES + sorted(found, key=lambda path: (not path.stem.endswith("_pkg"), path))


def parameters(block, preset):
    """Those of a preset that the module has."""
    text = (RTL / f"{block}.sv").read_text()
    return [(name, value) for name, value in zip(("V", "SramBytes"), PRESETS[preset])
            if re.search(rf"int unsigned {name}\b", text)]


def ibex_files(folder):
    """What a reader needs of Ibex, which itself is a black box."""
    prim = folder / "vendor/lowrisc_ip/ip/prim/rtl"
    return [f"-I{prim}", f"-I{folder / 'vendor/lowrisc_ip/dv/sv/dv_utils'}", f"-y {folder / 'rtl'}", f"-y {prim}",
            f"-y {RTL / 'ibex'}", folder / "rtl" / "ibex_pkg.sv", prim / "prim_cipher_pkg.sv",
            "--blackboxed-module", "ibex_core"]


class Yosys:
    """A design; run() takes yosys commands.  A command that fails ends the process."""

    def __init__(self):
        from pyosys import libyosys
        self.lib = libyosys
        self.design = libyosys.Design()

    def run(self, *commands):
        for command in commands:
            self.lib.run_pass(command, self.design)

    def read(self, top, files, values=(), options=()):
        self.run(" ".join(["read_slang", "-DSYNTHESIS", "--top", top, *options,
                           *(f"-G{name}={value}" for name, value in values), *map(str, files)]),
                 f"hierarchy -check -top {top}")
