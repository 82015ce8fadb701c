# SPDX-License-Identifier: MIT
"""Graphs in which tensors share memory in ways that once went wrong."""
import numpy as np
import pytest

from cosim import PRESETS, SEED, check

from builder import SAME, VALID, Net
from cases import Case


@pytest.fixture
def rng():
    return np.random.default_rng([SEED, 23])


def run(preset, net, inputs, what):
    made = Case(net, inputs, what)
    made.op, made.seed = f"directed-{what}", SEED
    result, = check(preset, [made])
    assert result["npu"] == result["nodes"], f"{result['nodes'] - result['npu']} nodes are on the CPU"
    return result


@pytest.mark.parametrize("preset", PRESETS)
def test_both_operands_are_stripes_with_a_halo(preset, rng):
    """Two channel groups of a padded tensor that is too large for the SRAM are added."""
    size, channels = {"base": (96, 96), "nano": (56, 72)}[preset]
    part = channels // 3
    net = Net("halo")
    x = net.input([1, size, size, channels], "int8", 0.02, -128)
    padded = [1, size + 5, size + 1, channels]
    p = net.tensor(padded, "int8", 0.02, -128)
    net.op("PAD", [x, net.ints([[0, 0], [2, 3], [1, 0], [0, 0]])], [p])
    pieces = [net.tensor([*padded[:3], part], "int8", 0.02, -128) for _ in range(3)]
    net.op("SPLIT", [net.ints(3), p], pieces, numSplits=3)
    y = net.tensor([*padded[:3], part], "int8", 0.1, -50)
    net.op("ADD", [pieces[2], pieces[1]], [y])
    net.output(y, pieces[0])
    run(preset, net, [rng.integers(-128, 128, [1, size, size, channels], np.int8)], "stripes")


@pytest.mark.parametrize("preset", PRESETS)
def test_flat_reader_beside_a_halo(preset, rng):
    """One reader takes a tensor as a row of bytes, a convolution reads around a part of it."""
    net = Net("flat")
    x = net.input([1, 3, 6, 8], "int8", 0.02, -40)
    w = net.const(rng.integers(-127, 128, [37, 144]).astype(np.int8), 0.004)
    y = net.tensor([1, 37], "int8", 0.1, -26)
    net.op("FULLY_CONNECTED", [x, w, -1], [y])
    pieces = [net.tensor([1, 3, 6, 4], "int8", 0.02, -40) for _ in range(2)]
    net.op("SPLIT", [net.ints(3), x], pieces, numSplits=2)
    k = net.const(rng.integers(-127, 128, [1, 3, 3, 4]).astype(np.int8), 0.003, axis=3)
    z = net.tensor([1, 3, 6, 4], "int8", 0.06, 0)
    net.op("DEPTHWISE_CONV_2D", [pieces[1], k, net.const(np.zeros(4, np.int32), 0.00006)], [z], padding=SAME,
           strideH=1, strideW=1, depthMultiplier=1)
    net.output(y, z, pieces[0])
    run(preset, net, [rng.integers(-128, 128, [1, 3, 6, 8], np.int8)], "flat")


@pytest.mark.parametrize("preset", PRESETS)
def test_padded_input_comes_row_by_row(preset, rng):
    """A PAD in front of the first layer is a halo: it does not make the layer wait for all of the input."""
    size, cycles = {"base": 160, "nano": 96}[preset], {}
    weights = rng.integers(-127, 128, [16, 3, 3, 3]).astype(np.int8)
    image = rng.integers(-128, 128, [1, size, size, 3], np.int8)
    for padding in (SAME, VALID):
        net = Net("rows")
        x = net.input([1, size, size, 3], "int8", 0.02, -7)
        if padding == VALID:
            p = net.tensor([1, size + 2, size + 2, 3], "int8", 0.02, -7)
            net.op("PAD", [x, net.ints([[0, 0], [1, 1], [1, 1], [0, 0]])], [p])
            x = p
        y = net.tensor([1, size // 2, size // 2, 16], "int8", 0.1, 3)
        constants = [net.const(weights, 0.004), net.const(np.zeros(16, np.int32), 0.00008)]
        net.op("CONV_2D", [x, *constants], [y], padding=padding, strideH=2, strideW=2)
        net.output(y)
        cycles[padding] = run(preset, net, [image], "rows")["cycles"]
    assert cycles[VALID] <= 1.05 * cycles[SAME]
