# SPDX-License-Identifier: MIT
"""Channels that are constant or unread are left out, others come in a better order: exact, and worth it."""
import numpy as np
import pytest

from cosim import PRESETS, SEED, check, total

from builder import ACT, SAME, VALID, Net
from cases import Case
from random_graphs import make_graph
from test_modes import LANES, dense, steps

GRAPHS, BATCH = 120, 20
ZERO = -5  # zero point of every feature map


@pytest.fixture
def rng():
    return np.random.default_rng([SEED, 40])


class Chain:
    """A network that grows layer by layer."""

    def __init__(self, rng, size, channels, what):
        self.rng, self.what, self.size = rng, what, size
        self.net = Net("channels")
        self.inputs = [rng.integers(-128, 128, [1, size, size, channels], np.int8)]
        self.last = self.net.input([1, size, size, channels], "int8", 0.05, ZERO)

    def channels(self):
        return self.net.shapes[self.last][-1]

    def _layer(self, op, w, axis, shape, bias, **options):
        count = shape[-1]
        if bias is None:
            bias = self.rng.integers(-500, 500, count)
        constants = [self.net.const(w.astype(np.int8), [0.01] * count, [0] * count, axis=axis),
                     self.net.const(np.asarray(bias, np.int32), [0.0005] * count, [0] * count)]
        y = self.net.tensor(shape, "int8", 0.05, ZERO)
        self.net.op(op, [self.last, *constants], [y], **options)
        self.last = y
        return self

    def conv(self, weights, kernel=1, bias=None, padding=SAME, act="RELU"):
        """weights: output channels x taps."""
        if padding == VALID:
            self.size -= kernel - 1
        shape = [1, self.size, self.size, len(weights)]
        return self._layer("CONV_2D", weights.reshape(len(weights), kernel, kernel, -1), 0, shape, bias,
                           padding=padding, strideH=1, strideW=1, fusedActivationFunction=ACT[act])

    def depthwise(self, bias=None, stride=1):
        weights = dense(self.rng, 9, self.channels())
        self.size = -(-self.size // stride)
        return self._layer("DEPTHWISE_CONV_2D", weights.reshape(1, 3, 3, -1), 3,
                           [1, self.size, self.size, self.channels()], bias, padding=SAME, strideH=stride,
                           strideW=stride, depthMultiplier=1, fusedActivationFunction=ACT["RELU"])

    def pool(self):
        """The average of everything, as a row of channels."""
        y = self.net.tensor([1, 1, 1, self.channels()], "int8", 0.05, ZERO)
        self.net.op("AVERAGE_POOL_2D", [self.last], [y], padding=VALID, strideH=1, strideW=1, filterHeight=self.size,
                    filterWidth=self.size)
        z = self.net.tensor([1, self.channels()], "int8", 0.05, ZERO)
        self.net.op("RESHAPE", [y, self.net.ints([1, self.channels()])], [z], newShape=[1, self.channels()])
        self.last = z
        return self

    def dense(self, weights):
        return self._layer("FULLY_CONNECTED", weights, 0, [1, len(weights)], None)

    def run(self, preset):
        self.net.output(self.last)
        made = Case(self.net, self.inputs, self.what)
        made.op, made.seed = f"channels-{self.what}", SEED
        result, = check(preset, [made])
        print(self.what, {key: value for key, value in result.items() if value})
        return result


def without(weights, channels):
    weights = weights.copy()
    weights[channels] = 0
    return weights


# Every third one: no block of lanes is empty, whatever the preset.
def thirds(count):
    return np.arange(count) % 3 == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_dead(preset, rng):
    """A channel without weights and below zero is what padding holds: no layer needs it."""
    v, size = LANES[preset], 12
    count = 6 * v
    dead = thirds(count)
    bias = np.where(dead, -300, rng.integers(-500, 500, count))
    result = Chain(rng, size, 2 * v, "dead").conv(without(dense(rng, count, 2 * v), dead), bias=bias).depthwise() \
        .conv(dense(rng, v, count)).run(preset)
    assert steps(result) == size * size * (4 * 2 + 4)
    assert steps(result, "dense.") == size * size * (6 * 2 + 6)
    # The depthwise layer has four blocks of six.
    assert 6 * result["depthwise"] == 4 * result["dense.depthwise"]


@pytest.mark.parametrize("padding", (SAME, VALID))
@pytest.mark.parametrize("preset", PRESETS)
def test_constant(preset, padding, rng):
    """One above zero is not what padding holds: it goes where no window reaches around the image, and is in the bias."""
    v, size = LANES[preset], 12
    count = 3 * v
    dead = thirds(count)
    bias = np.where(dead, rng.integers(300, 3000, count), rng.integers(-500, 500, count))
    result = Chain(rng, size, v, "constant").conv(without(dense(rng, count, v), dead), bias=bias) \
        .conv(dense(rng, v, 9 * count), kernel=3, padding=padding).run(preset)
    blocks = 3 if padding == SAME else 2
    pixels = (size if padding == SAME else size - 2) ** 2
    assert steps(result, "dense.") == size * size * 3 + pixels * 27
    assert steps(result) <= size * size * 3 + pixels * 27
    assert (steps(result) == size * size * 2 + pixels * 18) == (blocks == 2)


@pytest.mark.parametrize("preset", PRESETS)
def test_unread(preset, rng):
    """A channel of which nobody has a weight, here behind a depthwise layer."""
    v, size = LANES[preset], 12
    count = 6 * v
    weights = dense(rng, v, count)
    weights[:, thirds(count)] = 0
    result = Chain(rng, size, 2 * v, "unread").conv(dense(rng, count, 2 * v)).depthwise().conv(weights).run(preset)
    assert steps(result) == size * size * (4 * 2 + 4)
    assert 6 * result["depthwise"] == 4 * result["dense.depthwise"]


@pytest.mark.parametrize("preset", PRESETS)
def test_far(preset, rng):
    """Dead channels die on: what is made of them alone is constant too, down to a fully connected layer."""
    v, size = LANES[preset], 8
    count = 3 * v
    dead = thirds(count)
    bias = np.where(dead, -300, 100)
    second = dense(rng, count, count)
    second[np.ix_(dead, ~dead)] = 0
    net = Chain(rng, size, v, "far").conv(without(dense(rng, count, v), dead), bias=bias).depthwise(bias=bias) \
        .conv(second, bias=np.where(dead, 2000, 100)).pool().dense(dense(rng, v, count))
    result = net.run(preset)
    assert steps(result, "dense.") == size * size * (3 + 9) + 3
    assert steps(result) == size * size * (2 + 4) + 2


@pytest.mark.parametrize("preset", PRESETS)
def test_all(preset, rng):
    """Nothing of a tensor is needed: the result is constant, and one channel stays."""
    v = LANES[preset]
    net = Chain(rng, 8, v, "all").conv(np.zeros([3 * v, v]), bias=rng.integers(-3000, 3000, 3 * v)) \
        .conv(dense(rng, v, 3 * v))
    result = net.run(preset)
    assert steps(result) + result["pair"] == 8 * 8


@pytest.mark.parametrize("preset", PRESETS)
def test_visible(preset, rng):
    """Outputs of the network keep all of their channels, and so does a layer whose weights another one has too."""
    v, size = LANES[preset], 8
    count = 3 * v
    dead = thirds(count)
    net = Chain(rng, size, v, "visible").conv(without(dense(rng, count, v), dead)).depthwise()
    net.net.output(net.last)
    net.conv(dense(rng, v, count))
    result = net.run(preset)
    assert result["depthwise"] == result["dense.depthwise"]

    net = Chain(rng, size, v, "shared").conv(without(dense(rng, count, v), dead), bias=[-300] * count)
    w, b = net.net.graph.operators[-1].inputs[1:]
    first = net.last
    net.conv(dense(rng, v, count))
    y = net.net.tensor([1, size, size, count], "int8", 0.05, ZERO)
    net.net.op("CONV_2D", [net.last, w, b], [y], padding=SAME, strideH=1, strideW=1)
    net.net.output(y, first)
    net.run(preset)


@pytest.mark.parametrize("preset", PRESETS)
def test_order(preset, rng):
    """Lanes with many weights are put together, so that the others do not wait for them."""
    v, size = LANES[preset], 12
    outputs, taps = 4 * v, 16 * v
    order = rng.random([outputs, taps]).argsort(1)
    few = thirds(outputs)[:, None]
    weights = dense(rng, outputs, taps) * (order < np.where(few, taps // 2, taps // 16))
    chain = Chain(rng, size, taps, "order").conv(weights).depthwise().conv(dense(rng, v, outputs))
    result = chain.run(preset)
    # In the order of the file each block has a lane that is half full.
    unsorted = Chain(rng, size, taps, "order of the file").conv(weights).run(preset)
    rest = size * size * 4
    assert 1.3 * (steps(result) - rest) <= steps(unsorted)


def prune(rng, net):
    """Takes whole channels of weights out of a network, and small ones out of what is left."""
    for op in net.graph.operators:
        name = next(name for (name, _), code in net._codes.items() if code == op.opcodeIndex)
        if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            continue
        w = net.graph.tensors[op.inputs[1]]
        data = net.model.buffers[w.buffer].data
        values = np.frombuffer(data.tobytes(), net.dtypes[op.inputs[1]]).reshape(net.shapes[op.inputs[1]]).copy()
        zero = w.quantization.zeroPoint[0] if len(w.quantization.zeroPoint) == 1 else 0
        for axis in (0, -1):
            share = rng.choice([0, 0, 0.3, 0.7, 1])
            values[tuple([slice(None)] * (axis % values.ndim) + [rng.random(values.shape[axis]) < share])] = zero
        values[rng.random(values.shape) < rng.choice([0, 0.5, 0.8])] = zero
        net.model.buffers[w.buffer].data = np.frombuffer(values.tobytes(), np.uint8)


@pytest.mark.parametrize("first", range(0, GRAPHS, BATCH))
@pytest.mark.parametrize("preset", PRESETS)
def test_random(preset, first):
    """Random networks of what channels are followed through, and of some that end it."""
    cases = []
    for number in range(first, first + BATCH):
        case = make_graph(number, SEED + 40, ops={"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D",
                                                  "MAX_POOL_2D", "PAD", "RESHAPE", "MEAN", "RELU", "RESIZE_BILINEAR",
                                                  "ADD"})
        prune(np.random.default_rng([SEED, 41, number]), case.net)
        cases.append(case)
    sums = total(check(preset, cases))
    assert steps(sums) + sums["depthwise"] < steps(sums, "dense.") + sums["dense.depthwise"]
