# SPDX-License-Identifier: MIT
"""Cycles of whole networks beside a calculation on paper and other NPUs' figures.

    ONPU_BUILD=build python3 tests/bench/networks.py

Networks are those in ../shared/models, where that exists, and else those that `make
models` has made.  networks.csv has the figures to compare with: Vela 5.2's estimates
for Ethos-U55-256 and U85-256 on the same files, and for this NPU's base preset the
paper calculation, without spills and layer by layer, and the target.  Beside the cycle
model's estimate are the cycles of the compiled hardware, where that was built.  Nothing
here fails because something is slow.
"""
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
FOLDERS = (ROOT.parent / "shared" / "models", BUILD / "models")
RTL = Path(os.environ.get("ONPU_RTL_DIR", BUILD)) / "libonpu_rtl_base.so"


def find(name):
    return next((f / f"{name}.tflite" for f in FOLDERS if (f / f"{name}.tflite").exists()), None)


def npu(*arguments):
    """(standard output, seconds) of the tool."""
    begun = time.monotonic()
    done = subprocess.run([BUILD / "npu", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"npu {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout, time.monotonic() - begun


def thousands(value):
    return f"{int(value) / 1000:,.0f} k"


def profile(program, device):
    """(profile, seconds)"""
    text, seconds = npu("profile", program, "--device", device, "--json")
    return json.loads(text), seconds


def measured(program):
    """Cycles, utilisation and seconds on the compiled hardware, as text."""
    if not RTL.exists():
        return "-", "-", "-"
    run, seconds = profile(program, "rtl")
    return thousands(run["cycles"]), f"{100 * run['utilisation']:.0f} %", f"{seconds:.1f} s"


def main():
    with open(Path(__file__).with_name("networks.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    head = ("network", "MACs", "RTL", "util.", "estimate", "paper", "estimate/paper", "no spill", "target",
            "U55-256", "U85-256", "read", "written", "compile", "run", "run RTL")
    table = [head]
    for row in rows:
        path = find(row["file"])
        if path is None:
            print(f"{row['network']}: not here")
            continue
        program = BUILD / "bench" / f"{row['file']}.npu"
        program.parent.mkdir(exist_ok=True)
        _, compiling = npu("compile", "--quiet", path, "-o", program)
        estimate, running = profile(program, "iss")
        cycles, utilisation, simulating = measured(program)
        table.append((
            row["network"], f"{estimate['macs'] / 1e6:.1f} M", cycles, utilisation,
            thousands(estimate["cycles"]), thousands(row["layer_by_layer"]),
            f"{estimate['cycles'] / float(row['layer_by_layer']):.2f}", thousands(row["no_spill"]),
            thousands(row["target"]), thousands(row["u55_256"]), thousands(row["u85_256"]),
            f"{estimate['read_bytes'] / 1024:,.0f} K", f"{estimate['write_bytes'] / 1024:,.0f} K",
            f"{compiling:.2f} s", f"{running:.2f} s", simulating))
        print(f"  {row['network']}", file=sys.stderr, flush=True)
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    print("\nWhole networks, preset base: cycles measured on the RTL, and estimated\n")
    for line in table:
        print("  ".join([line[0].ljust(widths[0])]
                        + [text.rjust(width) for text, width in zip(line[1:], widths[1:])]))


if __name__ == "__main__":
    main()
