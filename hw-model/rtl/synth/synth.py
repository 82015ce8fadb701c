# SPDX-License-Identifier: MIT
"""Maps blocks to generic gates with yosys and abc, and counts.

usage: synth.py --out DIR [--ibex DIR] [--presets LIST] [--elaborate LIST] [--blocks LIST]

Writes DIR/BLOCK-PRESET.log, .json and .ltp (the longest path), and DIR/table.md with all results that are there.
What has not changed since it was mapped is not mapped again.  Presets to elaborate are not mapped: only flip-flops
and memory bits are counted.  The control core Ibex is a black box; onpu_control is left out without --ibex.
"""
import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from yosys import PRESETS, RTL, Yosys, ibex_files, parameters, sources

BLOCKS = ("sram", "vector", "decoder", "mac", "post", "post_lane",
          "rescale", "prepare", "compute", "load", "store", "bus", "command", "control")
# Counted by themselves, or not at all.
BOXES = {"compute": ("onpu_prepare", "onpu_decoder", "onpu_mac", "onpu_vector", "onpu_post")}
# What is smaller or has more ports than a memory macro becomes flip-flops.
MEMORY_BITS, READ_PORTS, WRITE_PORTS = 1024, 2, 2
# Sizes in NAND2, as in common standard-cell libraries; an enable is taken for a clock gate.
NAND2 = {"_NOT_": 0.5, "_NAND_": 1, "_NOR_": 1, "_AND_": 1.5, "_OR_": 1.5, "_ANDNOT_": 1.5, "_ORNOT_": 1.5,
         "_AOI3_": 1.5, "_OAI3_": 1.5, "_XOR_": 2.5, "_XNOR_": 2.5, "_MUX_": 2.5}
FF = re.compile(r"\$_(S?DFF\w*|ALDFF\w*|DLATCH\w*)_$")
FF_NAND2 = 6
SCRIPT = "+strash;ifraig;scorr;balance;rewrite;refactor;balance;dch;map"
GATES = ",".join(name.strip("_") for name in NAND2 if name != "_NOT_")


def memories(yosys, path):
    """Those that stay: name, words, width, read and write ports."""
    yosys.run(f"write_rtlil {path}")
    found = []
    for name, body in re.findall(r"\n  cell \$mem_v2 (\S+)\n(.*?)\n  end\n", Path(path).read_text(), re.S):
        value = {key.lower(): int(number.split("'")[-1], 2 if "'" in number else 10) for key, number in
                 re.findall(r"parameter (?:signed )?\\(SIZE|WIDTH|RD_PORTS|WR_PORTS) (\S+)", body)}
        found.append({"name": name.lstrip("\\"), **value})
    return found


def counts(name):
    return json.loads(Path(f"{name}.stat").read_text())["design"]["num_cells_by_type"]


def map_block(block, preset, out, ibex, elaborate):
    """In a process of its own, whose output is the log."""
    top, name = f"onpu_{block}", out / f"{block}-{preset}"
    yosys = Yosys()
    files = sources(top)
    options = [f"--blackboxed-module {box}" for box in BOXES.get(block, ())]
    if block == "control":
        files = [*ibex_files(ibex), *files]
        options.append("--allow-use-before-declare")
    start = time.time()
    yosys.read(top, files, parameters(top, preset), options)
    yosys.run("proc", "flatten", "opt_expr", "opt_clean", "check -assert", "opt -nodffe -nosdff", "wreduce", "peepopt",
              "opt_clean")
    if not elaborate:
        yosys.run("booth", "alumacc", "share")
    yosys.run("opt", "memory -nomap", "opt_clean")
    every = memories(yosys, f"{name}.il")
    kept = [m for m in every if m["size"] * m["width"] >= MEMORY_BITS and m["rd_ports"] <= READ_PORTS and
            m["wr_ports"] <= WRITE_PORTS]
    for memory in every:
        if memory in kept:
            continue
        yosys.run("memory_map */" + re.sub(r"[^\w.]", "?", memory["name"]))
    yosys.run("opt -fast")
    if elaborate:
        yosys.run("simplemap t:$*ff* t:$dlatch", f"tee -q -o {name}.stat stat -json")
        ffs = sum(count for kind, count in counts(name).items() if FF.match(kind))
        return {"ffs": ffs, "memory_bits": sum(m["size"] * m["width"] for m in kept), "memories": kept,
                "seconds": round(time.time() - start)}
    yosys.run("techmap", "opt -fast", f"abc -script {SCRIPT} -g {GATES}", "opt_clean",
              f"tee -q -o {name}.stat stat -json",
              # Paths end at memories and black boxes.
              "delete t:$mem_v2 t:onpu_* t:ibex_*", f"tee -q -o {name}.ltp ltp -noff")
    cells = counts(name)
    gates = {kind[1:]: count for kind, count in cells.items() if kind[1:] in NAND2}
    ffs = sum(count for kind, count in cells.items() if FF.match(kind))
    depth = int(re.search(r"length=(\d+)", Path(f"{name}.ltp").read_text())[1])
    other = {kind: count for kind, count in cells.items()
             if kind[1:] not in NAND2 and not FF.match(kind) and kind not in ("$mem_v2", "$scopeinfo")}
    return {"gates": sum(gates.values()), "nand2": round(sum(NAND2[k] * n for k, n in gates.items())), "ffs": ffs,
            "depth": depth, "memory_bits": sum(m["size"] * m["width"] for m in kept), "memories": kept,
            "cells": cells, "other": other, "seconds": round(time.time() - start)}


def table(out):
    rows = ["| block | preset | gates | NAND2 of gates | flip-flops | NAND2 with flip-flops | memory bits | depth |",
            "|---|---|---:|---:|---:|---:|---:|---:|"]
    for preset in PRESETS:
        for block in BLOCKS:
            path = out / f"{block}-{preset}.json"
            if path.exists():
                r = json.loads(path.read_text())
                size = r["nand2"] + FF_NAND2 * r["ffs"] if "nand2" in r else None
                numbers = (r.get("gates"), r.get("nand2"), r["ffs"], size, r["memory_bits"], r.get("depth"))
                rows.append(f"| `onpu_{block}` | {preset} | " +
                            " | ".join("" if n is None else f"{n:,}" for n in numbers) + " |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ibex", type=Path)
    parser.add_argument("--presets", default="nano,base")
    parser.add_argument("--elaborate", default="wide")
    parser.add_argument("--blocks", default=",".join(BLOCKS))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if arguments.one:
        block, preset = arguments.one
        result = map_block(block, preset, out, arguments.ibex, preset in arguments.elaborate.split(","))
        (out / f"{block}-{preset}.result").write_text(json.dumps(result))
        return 0

    failed = []
    for preset in filter(None, [*arguments.presets.split(","), *arguments.elaborate.split(",")]):
        for block in arguments.blocks.split(","):
            if block == "control" and not arguments.ibex:
                continue
            if preset != "nano" and not parameters(f"onpu_{block}", preset):
                continue  # is the same
            name = out / f"{block}-{preset}"
            key = hashlib.sha256(b"".join(path.read_bytes() for path in
                                          [*sources(f"onpu_{block}"), *sorted(Path(__file__).parent.glob("*.py"))]))
            key = key.hexdigest()
            path = name.with_suffix(".json")
            if path.exists() and json.loads(path.read_text())["key"] == key:
                continue
            path.unlink(missing_ok=True)
            command = [sys.executable, __file__, "--out", out, "--elaborate", arguments.elaborate, "--one", block, preset]
            command += ["--ibex", arguments.ibex] if arguments.ibex else []
            with name.with_suffix(".log").open("w") as log:
                done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=RTL, check=False)
            if done.returncode:
                failed.append(f"{block}-{preset}")
                print(f"onpu_{block} {preset}: failed, see {name}.log", flush=True)
                continue
            result = json.loads(name.with_suffix(".result").read_text())
            path.write_text(json.dumps({"key": key, **result}, indent=1))
            for rest in (".result", ".stat", ".il"):
                name.with_suffix(rest).unlink(missing_ok=True)
            print(f"onpu_{block} {preset}: {result.get('nand2', '?')} NAND2, {result['ffs']} flip-flops, "
                  f"{result['memory_bits']} bits, depth {result.get('depth', '?')}, {result['seconds']} s", flush=True)
    (out / "table.md").write_text(table(out))
    print(table(out), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
