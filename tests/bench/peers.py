# SPDX-License-Identifier: MIT
"""The peers' columns of networks.csv made anew: what Vela estimates for the same files.

    ONPU_BUILD=build python3 tests/bench/peers.py

Runs with build-aux/requirements-peers.txt.  A difference from networks.csv, beyond its rounding, is shown.
"""
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from tool import find

# Of each, the best of its memory configurations: everything in SRAM.
DEVICES = {
    "u55_256": ("ethos-u55-256", "Ethos_U55_High_End_Embedded"),
    "u85_256": ("ethos-u85-256", "Ethos_U85_SYS_DRAM_High"),
}


def estimate(path, accelerator, system):
    with tempfile.TemporaryDirectory(prefix="onpu-peers-") as folder:
        done = subprocess.run([Path(sys.executable).with_name("vela"), path, "--accelerator-config", accelerator,
                               "--system-config", system, "--memory-mode", "Sram_Only", "--config", "Arm/vela.ini",
                               "--output-dir", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"vela {path.name}: {(done.stderr or done.stdout).strip()}")
        summary, = Path(folder).glob("*_summary_*.csv")
        with open(summary, newline="") as file:
            row, = csv.DictReader(file)
        return int(float(row["cycles_total"]))


def is_rounded(value, exact):
    """Whether value is exact with three digits, or to thousands."""
    return abs(value - exact) <= max(500, 0.005 * exact)


def main():
    with open(Path(__file__).with_name("networks.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    print(f"{'network':40} {'U55-256':>12} {'U85-256':>12}")
    for row in rows:
        path = find(row["file"])
        if path is None:
            print(f"{row['network']:40} not here")
            continue
        cells, wrong = [], []
        for column, device in DEVICES.items():
            cycles = estimate(path, *device)
            cells.append(f"{cycles:12,}")
            if not is_rounded(int(row[column]), cycles):
                wrong.append(f"networks.csv has {int(row[column]):,} for {column}")
        print(f"{row['network']:40} {' '.join(cells)}  {'; '.join(wrong)}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
