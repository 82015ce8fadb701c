# SPDX-License-Identifier: MIT
"""Random graphs and single operators on the simulated NPU, compiled in four ways, command order checked."""
import pytest

from cosim import PRESETS, SEED, check, total

import random_models
from random_graphs import make_graph

GRAPHS, BATCH = 160, 20
LARGE, LARGE_BATCH = 12, 4
SINGLES = 700
OPERATORS = random_models.operators()

# These the NPU runs itself, in at least some of their cases.
ON_NPU = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM",
    "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "PAD", "CONCATENATION", "RESHAPE", "SLICE", "STRIDED_SLICE", "SPLIT",
    "DEPTH_TO_SPACE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "RELU", "RELU6", "PRELU", "LEAKY_RELU",
    "LOGISTIC", "TANH", "HARD_SWISH", "QUANTIZE",
}


def report(results):
    sums = total(results)
    print(", ".join(f"{key} {value}" for key, value in sums.items()))
    return sums


@pytest.mark.parametrize("first", range(0, GRAPHS, BATCH))
@pytest.mark.parametrize("preset", PRESETS)
def test_small_graphs(preset, first):
    sums = report(check(preset, [make_graph(first + i, SEED) for i in range(BATCH)]))
    # Of what these graphs are made of the NPU does nearly all, in every preset.
    assert sums["npu"] >= 0.7 * sums["nodes"]
    assert sums["d"] and sums["depthwise"] and sums["warm"]


@pytest.mark.parametrize("first", range(0, LARGE, LARGE_BATCH))
@pytest.mark.parametrize("preset", PRESETS)
def test_large_graphs(preset, first):
    sums = report(check(preset, [make_graph(first + i, SEED, "large") for i in range(LARGE_BATCH)]))
    assert sums["npu"] >= 0.7 * sums["nodes"]


def sample(op):
    """Some of an operator's models, from all over their list."""
    have = random_models.default_cases(op)
    every = sum(random_models.default_cases(o) for o in OPERATORS)
    count = min(have, -(-have * SINGLES // every))
    return [random_models.make_case(op, k * have // count, SEED) for k in range(count)]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("preset", PRESETS)
def test_single_operator(preset, op):
    sums = report(check(preset, sample(op)))
    assert (sums["npu"] > 0) or op not in ON_NPU, f"{op} never runs on the NPU"


def test_operators_are_there():
    assert not ON_NPU - set(OPERATORS)
