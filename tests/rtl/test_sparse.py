# SPDX-License-Identifier: MIT
"""What zeros in weights gain on the compiled hardware, against the same network compiled with --dense."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import layers  # noqa: E402
from test_machine import path_of  # noqa: E402
from tool import npu, profile  # noqa: E402

# Times faster.
FASTER = {"dense": 1, "50 %": 1, "2:4": 1.8, "1:4": 3.2, "70 %": 1.7, "85 %": 1.7, "90 %": 3.0}
# Bytes of weights as they are read, of one each.
BYTES = {"70 %": 0.55, "90 %": 0.3}
SHAPES = [(14, 192, 384), (28, 192, 384)]


@pytest.mark.parametrize("kind", FASTER)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layer(shape, kind):
    result = layers.measure(*shape, kind)
    print(shape, kind, result)
    assert result["cycles"] * FASTER[kind] <= result["dense"]
    assert result["weight_bytes"] <= BYTES.get(kind, 2)


# Cycles of a short layer that wait for what is fetched for others, or for commands that were not needed as early.
NOISE = 250


def times(run):
    """By node, of each layer of the NPU: the cycle at which it was done, and its own cycles."""
    return {layer["node"]: (layer["end_cycle"], sum(layer["split"].values()))
            for layer in run["layers"] if layer["on_npu"]}


# Pruned before, or here and without training; how much faster at least.
@pytest.mark.parametrize("name, sparsity, faster", [
    ("face_full_sparse_192_int8", None, 1.1), ("pose_detect_sparse_224_int8", None, 1.5),
    ("face_short_128_int8", "0.7", 1.05), ("face_short_128_int8", "2:4", 1.05),
    ("mobilenet_v1_025_128_uint8", "0.7", 1.2), ("mobilenet_v1_025_128_uint8", "2:4", 1.2),
    ("vww_mobilenetv1_025_96_int8", None, 1.5)])
def test_pruned_network(name, sparsity, faster, tmp_path):
    """At no layer is a pruned network behind itself without sparse modes, and none takes longer by itself."""
    path = path_of(name)
    if sparsity:
        npu("prune", path, "-s", sparsity, "-q", "-o", tmp_path / "pruned.tflite")
        path = tmp_path / "pruned.tflite"
    sparse, dense = profile(path), profile(path, "--dense")
    assert faster * sparse["cycles"] <= dense["cycles"]
    before, late = times(dense), {}
    for node, (end, own) in times(sparse).items():
        dense_end, dense_own = before[node]
        if end > 1.01 * dense_end or own > 1.01 * dense_own + NOISE:
            late[node] = (end, own), before[node]
    assert not late
