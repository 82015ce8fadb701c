# SPDX-License-Identifier: MIT
"""Single 1x1 convolutions with weights of a given sparsity, as networks of their own."""
import sys
import tempfile
from pathlib import Path

import numpy as np

from tool import ROOT, bytes_by_cause, profile

for folder in ("cosim", "golden"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
from test_modes import convolution, dense, pattern, pruned  # noqa: E402

SHAPES = [(size, *channels) for size in (14, 28) for channels in ((192, 384), (384, 192))]
KINDS = {
    "dense": dense,
    "2:4": lambda *of: pattern(*of, 2),
    "1:4": lambda *of: pattern(*of, 1),
    **{f"{share} %": lambda *of, zeros=share / 100: pruned(*of, zeros) for share in (50, 70, 85, 90)},
}
PARAMETERS = 9  # bytes of an output channel in the weight stream that are not weights: bias, multiplier, shift


def measure(size, inputs, outputs, kind, device="rtl"):
    """The layer on the hardware, and the same one compiled with --dense."""
    weights = KINDS[kind](np.random.default_rng([1, 11]), outputs, inputs)
    with tempfile.TemporaryDirectory(prefix="onpu-layer-") as folder:
        path = Path(folder) / "layer.tflite"
        path.write_bytes(convolution(weights, 1, size, kind).model)
        runs = [profile(path, *options, device=device) for options in ((), ("--dense",))]
        read = bytes_by_cause(path)["weights"] - PARAMETERS * outputs
    sparse, whole = runs
    modes = [sum(run["layers"][0]["modes"][mode] for mode in ("d", "g2", "g4")) for run in runs]
    return {"cycles": sparse["cycles"], "dense": whole["cycles"], "steps": modes[0], "dense_steps": modes[1],
            "split": sparse["split"], "weight_bytes": read / weights.size}
