# SPDX-License-Identifier: MIT
"""Measures everything on the compiled hardware, preset base.

    ONPU_BUILD=build python3 tests/bench/measure.py [--fresh]

Results go to bench/results.json in the build folder.  A measurement is made again only if the tool or the hardware
is newer than the file, or with --fresh.
"""
import csv
import json
import sys
from pathlib import Path

import layers
from tool import BUILD, bytes_by_cause, find, profile, spills

RESULTS = BUILD / "bench" / "results.json"
WITHOUT_ZEROS = ("face_full_sparse_192_int8", "pose_detect_sparse_224_int8")
SWEPT = ("mobilenet_v2_224_int8", "face_full_sparse_192_int8")
BANDWIDTHS, LATENCIES = (4, 8, 16, 32), (50, 100, 200, 400)


def rows():
    with open(Path(__file__).with_name("networks.csv"), newline="") as file:
        return list(csv.DictReader(file))


def whole(name):
    path = find(name)
    run = profile(path)
    result = {key: run[key] for key in ("cycles", "utilisation", "macs", "stalls", "split")}
    result.update(bytes=bytes_by_cause(path), spills=spills(path))
    result["layers"] = [{key: layer[key] for key in ("name", "node", "split")} for layer in run["layers"]
                        if layer["on_npu"]]
    result["cpu"] = sorted({layer["name"].split()[0] for layer in run["layers"] if not layer["on_npu"]})
    warm = profile(path, "--warm")
    result["read_bytes"] = run["read_bytes"]
    if warm["warm"]:
        result["warm"] = {key: warm[key] for key in ("cycles", "read_bytes")}
    if name in WITHOUT_ZEROS:
        result["dense"] = profile(path, "--dense")["cycles"]
    return result


def jobs():
    """(kind, key, function) of each measurement; keys are text."""
    for row in rows():
        if find(row["file"]):
            yield "networks", row["file"], lambda name=row["file"]: whole(name)
        else:
            print(f"{row['network']}: not here", file=sys.stderr)
    for size, inputs, outputs in layers.SHAPES:
        for kind in layers.KINDS:
            yield ("layers", f"{size} {inputs} {outputs} {kind}",
                   lambda a=(size, inputs, outputs, kind): layers.measure(*a))
    for name in filter(find, SWEPT):
        for bw, latency in [(b, 100) for b in BANDWIDTHS] + [(8, n) for n in LATENCIES if n != 100]:
            memory = f"bw={bw},latency={latency}"
            yield ("memory", f"{name} {memory}",
                   lambda n=name, m=memory: profile(find(n), "--memory", m)["cycles"])


def measured(fresh=False):
    """All results; what is not there yet is measured, and kept after each step."""
    made_of = [BUILD / "npu", BUILD / "libonpu_rtl_base.so"]
    results = {}
    if not fresh and RESULTS.exists() and all(p.stat().st_mtime < RESULTS.stat().st_mtime for p in made_of):
        results = json.loads(RESULTS.read_text())
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    for kind, key, run in jobs():
        of = results.setdefault(kind, {})
        if key not in of:
            print(f"  {key}", file=sys.stderr, flush=True)
            of[key] = run()
            RESULTS.write_text(json.dumps(results, indent=1))
    return results


if __name__ == "__main__":
    measured("--fresh" in sys.argv[1:])
