# SPDX-License-Identifier: MIT
"""Runs models on the simulated NPU, compiled in several ways, against the reference kernels."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden"))

BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
TOOL = BUILD / "tests" / "cosim"
NPU = BUILD / "npu"
FAILURES = BUILD / "cosim-failures"
SEED = int(os.environ.get("ONPU_SEED", "1"))  # chooses other random models
PRESETS = ("base", "nano")
TIMEOUT = 900


def network(name):
    """A real network's path: one that models/ made, or of the collection beside the checkout."""
    for folder in (BUILD / "models", ROOT.parent / "shared" / "models"):
        path = folder / f"{name}.tflite"
        if path.exists():
            return path
    return None


def run(preset, jobs):
    """jobs: (model's bytes, list of input arrays).  For each a dict of numbers, or a string: what is wrong."""
    results = []
    with tempfile.TemporaryDirectory(prefix="onpu-cosim-") as folder:
        folder = Path(folder)
        lines = []
        for k, (model, inputs) in enumerate(jobs):
            paths = folder / f"{k}.tflite", folder / f"{k}.in"
            paths[0].write_bytes(model)
            paths[1].write_bytes(b"".join(np.ascontiguousarray(a).tobytes() for a in inputs))
            lines.append("\t".join(map(str, paths)) + "\n")
        while len(results) < len(jobs):
            results += _batch(preset, folder, lines[len(results):])
    return results


def _batch(preset, folder, lines):
    """Results of the first jobs, at least one."""
    (folder / "jobs").write_text("".join(lines))
    done = subprocess.run([TOOL, preset, folder / "jobs"], capture_output=True, text=True, errors="replace",
                          timeout=TIMEOUT, check=False)
    results = []
    for line in done.stdout.splitlines():
        word, *rest = line.split()
        results.append({k: int(v) for k, v in (pair.split("=") for pair in rest)} if word == "ok" else line)
    expected = any(isinstance(result, str) for result in results)
    if len(results) < len(lines) or done.returncode != expected:
        del results[len(lines) - 1:]
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        results.append(f"cosim ended with {how}: {done.stderr[-2000:].strip()}")
    return results


def check(preset, cases):
    """Runs cases of the generators in tests/golden; fails with what is wrong, else returns the dicts."""
    results = run(preset, [(case.model, case.inputs) for case in cases])
    wrong = []
    for case, result in zip(cases, results):
        if isinstance(result, str):
            FAILURES.mkdir(parents=True, exist_ok=True)
            kept = FAILURES / f"{case.name}.tflite"
            kept.write_bytes(case.model)
            kept.with_suffix(".in").write_bytes(b"".join(np.ascontiguousarray(a).tobytes() for a in case.inputs))
            wrong.append(f"{case.name} ({case.what}): {result}; {kept}")
    assert not wrong, f"ONPU_SEED={SEED}, {preset}: {len(wrong)} of {len(cases)} fail\n" + "\n".join(wrong[:12])
    return results


def total(results):
    """The sums of dicts of numbers."""
    return {key: sum(result[key] for result in results) for key in results[0]}
