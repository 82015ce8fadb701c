# SPDX-License-Identifier: MIT
"""What zeros in weights gain on the compiled hardware, against the same network compiled with --dense."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import layers  # noqa: E402
from test_machine import path_of  # noqa: E402
from tool import profile  # noqa: E402

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


def test_pruned_network():
    path = path_of("face_full_sparse_192_int8")
    assert 1.1 * profile(path)["cycles"] <= profile(path, "--dense")["cycles"]
