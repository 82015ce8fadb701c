# SPDX-License-Identifier: MIT
"""Each mode of the MAC array is used where it pays, and pays what it should."""
import numpy as np
import pytest

from cosim import PRESETS, SEED, check

from builder import SAME, Net
from cases import Case

LANES = {"base": 16, "nano": 8}


def convolution(weights, kernel=1, size=14, what=""):
    """One CONV_2D with these weights (output channels x taps)."""
    rng = np.random.default_rng([SEED, 5])
    outputs, taps = weights.shape
    channels = taps // (kernel * kernel)
    net = Net("modes")
    x = net.input([1, size, size, channels], "int8", 0.5, 3)
    w = net.const(weights.reshape(outputs, kernel, kernel, channels).astype(np.int8), [0.01] * outputs,
                  [0] * outputs)
    b = net.const(rng.integers(-500, 500, outputs).astype(np.int32), [0.005] * outputs, [0] * outputs)
    y = net.tensor([1, size, size, outputs], "int8", 0.01 * 0.5 * 60 * np.sqrt(taps), -4)
    net.op("CONV_2D", [x, w, b], [y], padding=SAME, strideH=1, strideW=1)
    net.output(y)
    return case(net, what, [rng.integers(-128, 128, [1, size, size, channels], np.int8)])


def case(net, what, inputs):
    made = Case(net, inputs, what)
    made.op, made.seed = f"modes-{what}", SEED
    return made


def dense(rng, outputs, taps):
    return rng.integers(1, 128, [outputs, taps]) * rng.choice([-1, 1], [outputs, taps])


def pattern(rng, outputs, taps, keep):
    """Of every four neighbouring weights `keep` are not zero."""
    order = rng.random([outputs, taps // 4, 4]).argsort(2)
    return dense(rng, outputs, taps) * (order < keep).reshape(outputs, taps)


def pruned(rng, outputs, taps, zeros):
    """A share of the weights is zero, as many in each output channel."""
    order = rng.random([outputs, taps]).argsort(1)
    return dense(rng, outputs, taps) * (order >= round(taps * zeros))


def steps(result, prefix=""):
    return sum(result[prefix + mode] for mode in ("d", "g2", "g4"))


def one(preset, made):
    result, = check(preset, [made])
    print(made.what, {key: value for key, value in result.items() if value})
    assert result["npu"] == result["nodes"] == 1
    # Weights without sparse modes take none of them.
    assert result["dense.g2"] == result["dense.g4"] == 0
    return result


@pytest.fixture
def rng():
    return np.random.default_rng([SEED, 11])


@pytest.mark.parametrize("preset", PRESETS)
def test_dense(preset, rng):
    v = LANES[preset]
    result = one(preset, convolution(dense(rng, 2 * v, 4 * v), what="dense"))
    # Every pixel, every tap, every output channel once: all of the array.
    assert result["d"] == result["dense.d"] == 14 * 14 * 2 * 4
    assert result["g2"] == result["g4"] == result["pair"] == result["skipped"] == 0


# How many times fewer array steps the sparse modes must take.
@pytest.mark.parametrize("what, faster", [("2:4", 1.99), ("1:4", 3.99), ("70 %", 1.8), ("90 %", 3.3)])
@pytest.mark.parametrize("kernel", (1, 3))
@pytest.mark.parametrize("preset", PRESETS)
def test_sparse(preset, kernel, what, faster, rng):
    outputs, channels = 64, 128
    taps = kernel * kernel * channels
    make = {"2:4": lambda: pattern(rng, outputs, taps, 2), "1:4": lambda: pattern(rng, outputs, taps, 1),
            "70 %": lambda: pruned(rng, outputs, taps, 0.7), "90 %": lambda: pruned(rng, outputs, taps, 0.9)}
    result = one(preset, convolution(make[what](), kernel, what=what))
    assert result["g4"] > 0
    assert steps(result, "dense.") == result["dense.d"] == 14 * 14 * (outputs * taps // LANES[preset] ** 2)
    assert faster * steps(result) <= steps(result, "dense.")
    assert result["cycles"] < result["dense.cycles"]


@pytest.mark.parametrize("preset", PRESETS)
def test_half_slab(preset, rng):
    """Two of four in a window of two vectors: one step for both of them."""
    v = LANES[preset]
    result = one(preset, convolution(pattern(rng, v, 2 * v, 2), what="half slab"))
    assert result["g2"] > 0
    assert 2 * steps(result) == steps(result, "dense.")


@pytest.mark.parametrize("preset", PRESETS)
def test_skipped(preset, rng):
    """Blocks without any weight cost nothing."""
    v = LANES[preset]
    weights = dense(rng, 4 * v, 8 * v)
    weights[v:2 * v, :] = 0         # a whole block of output channels
    weights[2 * v:, 4 * v:] = 0     # half of the taps of two
    result = one(preset, convolution(weights, what="skipped"))
    assert result["skipped"] > result["dense.skipped"]
    assert steps(result) == 14 * 14 * (8 + 4 + 4)


@pytest.mark.parametrize("preset", PRESETS)
def test_pair(preset, rng):
    """Narrow layers work on two pixels at once."""
    v = LANES[preset]
    result = one(preset, convolution(dense(rng, v // 2, 4 * v), what="pair"))
    assert result["pair"] == 14 * 14 // 2 * 4
    assert steps(result) == 0


@pytest.mark.parametrize("stride", (1, 2))
@pytest.mark.parametrize("preset", PRESETS)
def test_depthwise(preset, stride, rng):
    v = LANES[preset]
    channels, size = 2 * v, 14
    net = Net("depthwise")
    x = net.input([1, size, size, channels], "int8", 0.5, 3)
    w = net.const(rng.integers(-127, 128, [1, 3, 3, channels]).astype(np.int8), [0.01] * channels, [0] * channels,
                  axis=3)
    b = net.const(rng.integers(-500, 500, channels).astype(np.int32), [0.005] * channels, [0] * channels)
    out = -(-size // stride)
    y = net.tensor([1, out, out, channels], "int8", 0.9, -4)
    net.op("DEPTHWISE_CONV_2D", [x, w, b], [y], padding=SAME, strideH=stride, strideW=stride, depthMultiplier=1)
    net.output(y)
    inputs = [rng.integers(-128, 128, [1, size, size, channels], np.int8)]
    result = one(preset, case(net, f"depthwise {stride}", inputs))
    assert result["depthwise"] >= out * out * channels // v
    assert steps(result) == result["pair"] == 0
