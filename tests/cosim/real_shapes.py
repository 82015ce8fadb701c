# SPDX-License-Identifier: MIT
"""Networks of the kinds that users bring, with few channels and random weights but with their shapes.

NETWORKS holds functions that build one each; make(name) returns a Case.
"""
import zlib

import numpy as np

from builder import ACT, SAME, VALID, Net
from cases import Case

NETWORKS = {}  # name: (function, how many of its nodes the CPU runs)
SEED = 3
SCALE = 0.05  # of what convolutions write, so that all can be joined


def network(on_cpu=0):
    """Registers a builder, and how many of its nodes the CPU runs."""
    def register(function):
        NETWORKS[function.__name__] = function, on_cpu
        return function
    return register


class Build:
    """A network under construction.  Methods add an operator and return its output tensor."""

    def __init__(self, name, dtype="int8"):
        self.net, self.dtype = Net(name), dtype
        self.rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
        self.inputs = []

    def input(self, *shape, scale=0.02, dtype=None):
        dtype = dtype or self.dtype
        if dtype == "float32":
            self.inputs.append(self.rng.normal(0, 1, shape).astype(np.float32))
            return self.net.input(shape, dtype)
        info = np.iinfo(dtype)
        self.inputs.append(self.rng.integers(info.min, info.max + 1, shape).astype(dtype))
        return self.net.input(shape, dtype, scale, 3)

    def shape(self, x):
        return self.net.shapes[x]

    def tensor(self, shape, scale, zero=-7):
        return self.net.tensor(shape, self.dtype, scale, zero + (128 if self.dtype == "uint8" else 0))

    def like(self, x, shape):
        """A tensor with the quantization of x."""
        return self.net.tensor(shape, self.net.dtypes[x], *(self.net.quants[x] or ()))

    def op(self, op, inputs, shape, scale=None, zero=-7, **options):
        """An operator with one output, quantized like the first input if there is no scale."""
        y = self.like(inputs[0], shape) if scale is None else self.tensor(shape, scale, zero)
        self.net.op(op, inputs, [y], **options)
        return y

    def weights(self, x, shape, axis, taps, keep=1.0):
        """Per channel, some of them zero; sums of so many products with x fill the range of scale SCALE."""
        w = self.rng.integers(-127, 128, shape) * (self.rng.random(shape) < keep)
        n = shape[axis]
        real = 45 * SCALE / (np.sqrt(taps * keep) * 50 * float(self.net.quants[x][0]))
        scales = (real / 73 * self.rng.uniform(0.7, 1.4, n)).astype(np.float32)
        return self.net.const(w.astype(np.int8), scales, [0] * n, axis), scales

    def bias(self, x, scales):
        scales = np.float32(self.net.quants[x][0]) * scales
        return self.net.const((self.rng.normal(0, 10 * SCALE, len(scales)) / scales).astype(np.int32), scales,
                              [0] * len(scales))

    @staticmethod
    def window(size, kernel, stride, dilation, padding):
        kernel = (kernel - 1) * dilation + 1
        return -(-size // stride) if padding == SAME else (size - kernel) // stride + 1

    def conv(self, x, channels, kernel=1, stride=1, dilation=1, act="RELU", padding=SAME, groups=1, keep=1.0):
        (kh, kw), (sh, sw), (dh, dw) = ((v, v) if isinstance(v, int) else v for v in (kernel, stride, dilation))
        n, h, w, c = self.shape(x)
        f, scales = self.weights(x, [channels, kh, kw, c // groups], 0, kh * kw * c // groups, keep)
        shape = [n, self.window(h, kh, sh, dh, padding), self.window(w, kw, sw, dw, padding), channels]
        return self.op("CONV_2D", [x, f, self.bias(x, scales)], shape, SCALE,
                       padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
                       fusedActivationFunction=ACT[act])

    def depthwise(self, x, kernel=3, stride=1, dilation=1, act="RELU6", padding=SAME, mult=1):
        (kh, kw), (sh, sw), (dh, dw) = ((v, v) if isinstance(v, int) else v for v in (kernel, stride, dilation))
        n, h, w, c = self.shape(x)
        f, scales = self.weights(x, [1, kh, kw, c * mult], 3, kh * kw)
        shape = [n, self.window(h, kh, sh, dh, padding), self.window(w, kw, sw, dw, padding), c * mult]
        return self.op("DEPTHWISE_CONV_2D", [x, f, self.bias(x, scales)], shape, SCALE,
                       padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
                       depthMultiplier=mult, fusedActivationFunction=ACT[act])

    def up(self, x, channels, kernel=2, stride=2, padding=SAME):
        n, h, w, c = self.shape(x)
        size = [v * stride if padding == SAME else (v - 1) * stride + kernel for v in (h, w)]
        f, scales = self.weights(x, [channels, kernel, kernel, c], 0, kernel * kernel * c / stride ** 2)
        shape = [n, *size, channels]
        return self.op("TRANSPOSE_CONV", [self.net.ints(shape), f, x], shape, SCALE,
                       padding=padding, strideH=stride, strideW=stride)

    def dense(self, x, outputs, act="NONE", keep=1.0):
        n = int(np.prod(self.shape(x)))
        w = self.rng.integers(-127, 128, [outputs, n], np.int8)
        w *= self.rng.random([outputs, n], np.float32) < keep
        scale = np.float32(45 * SCALE / (np.sqrt(n * keep) * 50 * 73 * float(self.net.quants[x][0])))
        bias = self.net.const(self.rng.integers(-2000, 2000, outputs).astype(np.int32),
                              np.float32(self.net.quants[x][0]) * scale, 0)
        return self.op("FULLY_CONNECTED", [x, self.net.const(w, scale, 0), bias], [1, outputs], SCALE,
                       fusedActivationFunction=ACT[act])

    def rows(self, x, outputs, act="NONE"):
        """Fully connected, the last dimension only."""
        *outer, n = self.shape(x)
        scale = np.float32(45 * SCALE / (np.sqrt(n) * 50 * 73 * float(self.net.quants[x][0])))
        w = self.net.const(self.rng.integers(-127, 128, [outputs, n], np.int8), scale, 0)
        return self.op("FULLY_CONNECTED", [x, w, -1], [*outer, outputs], SCALE, keepNumDims=len(outer) > 1,
                       fusedActivationFunction=ACT[act])

    def pool(self, x, kind="MAX", kernel=2, stride=2, padding=VALID):
        (kh, kw), (sh, sw) = ((v, v) if isinstance(v, int) else v for v in (kernel, stride))
        n, h, w, c = self.shape(x)
        shape = [n, self.window(h, kh, sh, 1, padding), self.window(w, kw, sw, 1, padding), c]
        return self.op(f"{kind}_POOL_2D", [x], shape, padding=padding, strideH=sh, strideW=sw, filterHeight=kh,
                       filterWidth=kw)

    def mean(self, x, keep=True):
        n, _, _, c = self.shape(x)
        return self.op("MEAN", [x, self.net.ints([1, 2])], [n, 1, 1, c] if keep else [n, c],
                       0.3 * SCALE, keepDims=keep)

    def logistic(self, x):
        return self.op("LOGISTIC", [x], self.shape(x), 1 / 256, -128)

    def hard_swish(self, x):
        return self.op("HARD_SWISH", [x], self.shape(x), SCALE)

    def both(self, op, a, b, shape=None, scale=None, **options):
        sa, sb = float(self.net.quants[a][0]), float(self.net.quants[b][0])
        scale = scale or (50 * sa * sb if op == "MUL" else SCALE)
        return self.op(op, [a, b], shape or self.shape(a), scale, **options)

    def concat(self, xs, axis=3):
        shape = list(self.shape(xs[0]))
        shape[axis] = sum(self.shape(x)[axis] for x in xs)
        return self.op("CONCATENATION", xs, shape, axis=axis)

    def reshape(self, x, *shape):
        return self.op("RESHAPE", [x, self.net.ints(shape)], shape)

    def resize(self, x, h, w, op="RESIZE_BILINEAR", **options):
        n, _, _, c = self.shape(x)
        return self.op(op, [x, self.net.ints([h, w])], [n, h, w, c], **options)

    def pad(self, x, top, bottom, left, right):
        n, h, w, c = self.shape(x)
        return self.op("PAD", [x, self.net.ints(np.array([[0, 0], [top, bottom], [left, right], [0, 0]]))],
                       [n, h + top + bottom, w + left + right, c])

    def slice(self, x, begin, end, step):
        shape = [max(0, -(-(e - b) // s)) for b, e, s in zip(begin, end, step)]
        return self.op("STRIDED_SLICE", [x, self.net.ints(begin), self.net.ints(end), self.net.ints(step)], shape)

    def split(self, x, count, axis=3):
        shape = list(self.shape(x))
        shape[axis] //= count
        ys = [self.like(x, shape) for _ in range(count)]
        self.net.op("SPLIT", [self.net.ints(axis), x], ys, numSplits=count)
        return ys

    def quantize(self, x, scale=0.03, zero=2):
        y = self.net.tensor(self.shape(x), self.dtype, scale, zero)
        self.net.op("QUANTIZE", [x], [y])
        return y

    def dequantize(self, x):
        y = self.net.tensor(self.shape(x), "float32")
        self.net.op("DEQUANTIZE", [x], [y])
        return y

    def squeeze_excite(self, x, channels, pool="MEAN"):
        c = self.shape(x)[3]
        h, w = self.shape(x)[1:3]
        y = self.mean(x) if pool == "MEAN" else self.pool(x, "AVERAGE", (h, w), (h, w))
        y = self.conv(self.conv(y, channels), c, act="NONE")
        return self.both("MUL", x, self.logistic(y), scale=float(self.net.quants[x][0]))


# ---------------------------------------------------------------- segmentation

@network()
def deeplab(b):
    x = b.conv(b.input(1, 513, 513, 3), 8, 3, 2)
    x = b.conv(b.depthwise(x, stride=2), 16, act="NONE")
    y = b.conv(b.depthwise(b.conv(x, 24), 3, 2), 12, act="NONE")
    y = b.conv(b.depthwise(b.conv(y, 24), 3, dilation=2), 12, act="NONE")
    z = b.conv(b.depthwise(b.conv(y, 40), 3, dilation=4), 12, act="NONE")
    y = b.both("ADD", z, y)
    branches = [b.conv(y, 8)] + [b.conv(y, 8, 3, dilation=d) for d in (6, 12, 18)]
    pooled = b.conv(b.mean(y), 8)
    branches.append(b.resize(pooled, *b.shape(y)[1:3], alignCorners=True))
    y = b.resize(b.conv(b.concat(branches), 8), *b.shape(x)[1:3], alignCorners=True)
    y = b.conv(b.concat([y, b.conv(x, 5)]), 3, act="NONE")
    b.net.output(b.resize(y, 513, 513, alignCorners=True))


@network(2)
def deeplab_argmax(b):
    x = b.conv(b.input(1, 129, 129, 3), 8, 3, 2)
    y = b.pool(b.conv(x, 21), "AVERAGE", 65, 65)
    y = b.resize(b.conv(y, 7), 65, 65, alignCorners=True)
    y = b.conv(b.concat([y, x]), 21, act="NONE")
    y = b.resize(y, 129, 129, halfPixelCenters=True)
    z = b.net.tensor([1, 129, 129], "int64")
    b.net.op("ARG_MAX", [y, b.net.ints(3)], [z], outputType=4)
    b.net.output(z)


def unet(b, up):
    x = b.input(1, 48, 64, 3)
    skips = []
    for c in (8, 12, 20):
        x = b.conv(b.conv(x, c, 3), c, 3)
        skips.append(x)
        x = b.pool(x)
    x = b.conv(x, 24, 3)
    for c, skip in zip((20, 12, 8), reversed(skips)):
        x = up(x, c)
        if b.shape(x)[1:3] != b.shape(skip)[1:3]:
            h, w = b.shape(skip)[1:3]
            x = b.slice(x, [0, 0, 0, 0], [1, h, w, c], [1, 1, 1, 1])
        x = b.conv(b.concat([x, skip]), c, 3)
    b.net.output(b.logistic(b.conv(x, 1, act="NONE")))


@network()
def unet_k2(b):
    unet(b, lambda x, c: b.up(x, c, 2, 2, VALID))


@network()
def unet_k3_same(b):
    unet(b, lambda x, c: b.up(x, c, 3, 2, SAME))


@network()
def unet_k3_valid(b):
    unet(b, lambda x, c: b.up(x, c, 3, 2, VALID))


@network()
def unet_k4(b):
    unet(b, lambda x, c: b.up(x, c, 4, 2, SAME))


@network()
def unet_nearest(b):
    unet(b, lambda x, c: b.conv(b.resize(x, *(2 * d for d in b.shape(x)[1:3]), op="RESIZE_NEAREST_NEIGHBOR"), c))


@network()
def spilled_unet(b):
    """Skips too large for any SRAM."""
    x = b.conv(b.input(1, 220, 220, 3), 12, 3)
    y = b.depthwise(x, 3, 2)
    y = b.up(b.conv(y, 16, 3), 12, 2, 2, VALID)
    y = b.conv(b.concat([x, y]), 8, 3, act="NONE")
    b.net.output(b.both("ADD", y, b.conv(x, 8)), y)


@network()
def global_pools(b):
    """Pools over all of tensors that do not stay, alone and with what can be fused to them."""
    x = b.conv(b.input(1, 65, 65, 3), 128, 3)
    y = b.both("ADD", b.mean(x), b.conv(b.pool(x, "AVERAGE", 64, 1, VALID), 128, (2, 2), padding=VALID))
    p, _ = b.split(b.concat([x, b.conv(x, 12)]), 2)
    b.net.output(y, b.hard_swish(b.mean(b.pool(x, kernel=2))), b.both("MUL", b.pool(x, kernel=65), y),
                 b.pool(p, kernel=(60, 65), stride=(40, 30), padding=SAME))


# ---------------------------------------------------------------- classification

@network()
def mobilenet_v3(b):
    x = b.hard_swish(b.conv(b.input(1, 96, 96, 3), 16, 3, 2, act="NONE"))
    for k, (wide, out, kernel, stride, se, swish) in enumerate((
            (16, 16, 3, 2, True, False), (72, 24, 3, 2, False, False), (88, 24, 3, 1, False, False),
            (96, 40, 5, 2, True, True), (240, 40, 5, 1, True, True))):
        y = b.conv(x, wide, act="NONE" if swish else "RELU")
        y = b.depthwise(b.hard_swish(y) if swish else y, kernel, stride, act="NONE" if swish else "RELU")
        if se:
            y = b.squeeze_excite(y, max(8, wide // 4), "MEAN" if k % 2 else "AVERAGE")
        y = b.conv(b.hard_swish(y) if swish else y, out, act="NONE")
        x = b.both("ADD", x, y) if b.shape(x) == b.shape(y) else y
    x = b.hard_swish(b.conv(x, 96, act="NONE"))
    h, w = b.shape(x)[1:3]
    x = b.hard_swish(b.conv(b.pool(x, "AVERAGE", (h, w), 1), 128, act="NONE"))
    b.net.output(b.dense(b.reshape(b.conv(x, 10, act="NONE"), 1, 10), 10))


@network()
def hard_sigmoid(b):
    """Squeeze and excite as older exporters write it: RELU6(x + 3) * (1 / 6)."""
    x = b.conv(b.input(1, 28, 28, 8), 24, 3)
    y = b.conv(b.mean(x), 24, act="NONE")
    three = b.net.const(np.full([], 127, np.int8), 3 / 127, 0)
    sixth = b.net.const(np.full([], 127, np.int8), 1 / 6 / 127, 0)
    y = b.op("ADD", [y, three], b.shape(y), 6 / 255, -128, fusedActivationFunction=ACT["RELU6"])
    y = b.op("MUL", [y, sixth], b.shape(y), 1 / 255, -128)
    y = b.both("MUL", y, x, b.shape(x), scale=float(b.net.quants[x][0]))
    y = b.op("MUL", [y, b.both("ADD", x, x)], b.shape(x), 10.)
    b.net.output(b.mean(y, False))


@network()
def long_chain(b):
    x = b.input(1, 12, 12, 8)
    for k in range(60):
        y = b.depthwise(x, 3, act="NONE" if k % 3 else "RELU")
        y = b.conv(y, 8 + k % 5, act="NONE")
        x = b.both("ADD", x, y) if b.shape(x) == b.shape(y) else y
    b.net.output(x)


@network()
def big_dense(b):
    x = b.reshape(b.conv(b.input(1, 14, 14, 16), 64, 3), 1, 14 * 14 * 64)
    x = b.dense(x, 80, "RELU", keep=0.3)
    b.net.output(b.dense(b.dense(x, 1001), 1))


@network()
def shuffle(b):
    """Grouped convolutions and channel split, with odd sizes."""
    x = b.conv(b.input(1, 31, 29, 3), 24, 3, 2)
    x = b.conv(x, 48, 3, groups=4)
    x = b.conv(x, 20, 1, groups=2)
    a, c = b.split(x, 2)
    a = b.conv(b.depthwise(b.conv(a, 10), 3), 10)
    y = b.concat([a, c])
    p, q, r, s = b.split(y, 4)
    b.net.output(b.both("MAXIMUM", p, q, scale=float(b.net.quants[p][0])),
                 b.both("MINIMUM", p, p, scale=float(b.net.quants[p][0])), b.concat([s, r, s, q]))


# ---------------------------------------------------------------- detection

@network()
def ssd(b):
    x = b.conv(b.input(1, 97, 97, 3), 16, 3, 2)
    boxes, scores = [], []
    for anchors in (3, 6, 6, 6, 2):
        x = b.conv(b.depthwise(x, 3, 2), min(64, 2 * b.shape(x)[3]), act="RELU6")
        h, w = b.shape(x)[1:3]
        for values, into in ((4, boxes), (7, scores)):
            y = b.conv(b.depthwise(x), anchors * values, act="NONE")
            # All levels have one quantization.
            y = b.op("QUANTIZE", [y], b.shape(y), 0.5, 4)
            into.append(b.reshape(y, 1, h * w * anchors, values))
    b.net.output(b.concat(boxes, 1), b.logistic(b.concat(scores, 1)), x)


@network()
def retina(b):
    """A pyramid, top down, with heads on three levels."""
    c = [b.conv(b.input(1, 64, 96, 3), 16, 3, 2)]
    for k in (16, 24, 32):
        c.append(b.conv(c[-1], k, 3, 2))
    top = b.conv(c[3], 16)
    heads = []
    for low in (c[2], c[1], c[0]):
        h, w = b.shape(low)[1:3]
        top = b.both("ADD", b.resize(top, h, w, op="RESIZE_NEAREST_NEIGHBOR"), b.conv(low, 16, act="NONE"))
        y = b.op("QUANTIZE", [b.conv(top, 6, 3, act="NONE")], [1, h, w, 6], 1., 0)
        heads.append(b.reshape(y, 1, h * w, 6))
    b.net.output(*heads, b.logistic(b.concat(heads, 1)))


# ---------------------------------------------------------------- sound and sequences

@network()
def speech_dscnn(b):
    x = b.conv(b.reshape(b.input(1, 490), 1, 49, 10, 1), 64, (10, 4), (2, 2))
    for _ in range(2):
        x = b.conv(b.depthwise(x), 64)
    x = b.pool(x, "AVERAGE", b.shape(x)[1:3], b.shape(x)[1:3])
    b.net.output(b.dense(b.reshape(x, 1, 64), 12))


@network()
def speech_stream(b):
    x = b.reshape(b.input(1, 1, 40), 1, 1, 1, 40)
    state = b.input(1, 1, 9, 40)
    x = b.concat([state, b.op("QUANTIZE", [x], [1, 1, 1, 40], 0.02, 3)], 2)
    b.net.output(b.slice(x, [0, 0, 1, 0], [1, 1, 10, 40], [1, 1, 1, 1]))
    y = b.conv(x, 48, (1, 10), padding=VALID)
    b.net.output(b.dense(b.reshape(y, 1, 48), 300, "RELU"))


@network(2)
def one_dimension(b):
    """Matchbox: 1 x N kernels, strides, dilation."""
    x = b.conv(b.reshape(b.input(1, 128, 24), 1, 1, 128, 24), 32, (1, 11), (1, 2))
    for k, d in ((13, 1), (15, 1), (17, 2)):
        y = b.conv(b.depthwise(x, (1, k), dilation=(1, d), act="NONE"), 32, act="NONE")
        x = b.both("ADD", x, y, fusedActivationFunction=ACT["RELU"])
    x = b.depthwise(x, (1, 29), (1, 3), padding=VALID)
    b.net.output(b.conv(x, 30, act="NONE"))


@network()
def tall(b):
    """One pixel wide; a kernel that is higher than what is left."""
    x = b.conv(b.input(1, 1000, 1, 5), 12, (9, 1), (4, 1))
    x = b.pool(b.depthwise(x, (5, 1), (3, 1)), kernel=(2, 1), stride=(2, 1))
    x = b.conv(x, 9, (16, 3), (3, 1))
    b.net.output(x, b.mean(x))


@network()
def wide(b):
    """Rows that fill SRAM."""
    x = b.conv(b.input(1, 1, 8000, 4), 8, (1, 16), (1, 4))
    x = b.conv(b.depthwise(x, (1, 8), (1, 3)), 16)
    b.net.output(b.pool(x, "AVERAGE", (1, 4), (1, 4)))


@network()
def wide_2(b):
    x = b.conv(b.input(1, 6, 3000, 6), 12, 3)
    b.net.output(b.pool(b.conv(x, 7, 3), kernel=(2, 3), stride=(2, 3)))


# ---------------------------------------------------------------- shapes

@network()
def kernels(b):
    x = b.input(1, 40, 40, 3)
    b.net.output(b.conv(x, 7, 16, 16), b.conv(x, 7, 16, 5), b.conv(x, 5, 7, 3, padding=VALID),
                 b.conv(x, 9, 4, 4), b.depthwise(x, 7, 3, mult=3), b.depthwise(x, 3, 4, mult=5))


@network()
def dilated_concat(b):
    x = b.input(1, 33, 35, 5)
    x = b.concat([b.conv(x, 9), b.conv(x, 6), b.conv(x, 2)])
    p, q = b.slice(x, [0, 0, 0, 0], [1, 33, 35, 9], [1, 1, 1, 1]), b.slice(x, [0, 0, 0, 9], [1, 33, 35, 17],
                                                                            [1, 1, 1, 1])
    b.net.output(b.conv(p, 7, 3, dilation=5), b.depthwise(q, 3, dilation=(3, 7)), b.conv(q, 12, 3, 2),
                 b.conv(p, 8, 5, dilation=(2, 9)))


@network()
def odd_pads(b):
    x = b.conv(b.input(1, 57, 59, 3), 11, 3)
    p = b.pad(x, 0, 1, 0, 1)
    q = b.pad(x, 3, 2, 1, 4)
    y = b.pad(b.depthwise(p, 3, 2, padding=VALID), 1, 0, 2, 1)
    b.net.output(b.conv(p, 6, 3, 2, padding=VALID), b.pool(p, kernel=3, padding=VALID), b.conv(q, 5, 5, 3),
                 b.pool(q, "AVERAGE", 3, 2, SAME), b.conv(y, 4, 3, 2, padding=VALID),
                 b.both("ADD", x, b.slice(q, [0, 3, 1, 0], [1, 60, 60, 11], [1, 1, 1, 1])))


@network()
def strided_slices(b):
    x = b.conv(b.input(1, 160, 160, 3), 12, 3)
    y = [b.slice(x, [0, i, j, 0], [1, 160, 160, 12], [1, 2, 2, 1]) for i in (0, 1) for j in (0, 1)]
    y = b.conv(b.concat(y), 16, 3)
    z = b.slice(x, [0, 5, 9, 2], [1, 155, 160, 12], [1, 7, 3, 1])
    b.net.output(y, b.conv(z, 5), b.slice(b.slice(x, [0, 0, 40, 0], [1, 160, 80, 12], [1, 1, 1, 1]),
                                          [0, 100, 0, 0], [1, 104, 40, 12], [1, 1, 1, 1]))


@network()
def padded_spill(b):
    """Padded, sliced and concatenated tensors that do not stay in SRAM."""
    x = b.conv(b.input(1, 150, 200, 8), 16, 3)
    y = b.pad(x, 1, 2, 3, 0)
    z = b.concat([b.conv(y, 16, 3, padding=VALID, act="NONE"),
                  b.slice(b.pad(x, 0, 1, 1, 0), [0, 0, 0, 0], [1, 151, 201, 16], [1, 1, 1, 1])])
    b.net.output(b.depthwise(z, 5, dilation=2), b.pool(z, kernel=3, stride=2, padding=SAME))


@network()
def padded_operands(b):
    """Both operands of an addition have borders, and are too large to stay."""
    x = b.conv(b.input(1, 130, 300, 3), 16, 3)
    p, q = b.split(x, 2)
    y, z = b.pad(p, 2, 1, 1, 2), b.pad(q, 1, 2, 0, 3)
    b.net.output(b.both("ADD", y, y), b.both("MUL", y, z), p)


@network(4)
def long_vectors(b):
    """More elements than a dimension can have."""
    x = b.input(1, 140000)
    y = b.both("ADD", x, x)
    z = b.both("MUL", y, b.logistic(x))
    b.net.output(z, b.reshape(b.conv(b.reshape(z, 1, 1000, 140, 1), 2, 3, 2), 1, 500 * 140))


@network()
def rows_dense(b):
    """Fully connected over many rows, as attention and recurrent networks have it."""
    x = b.conv(b.input(1, 49, 1, 24), 40, (3, 1))
    y = b.reshape(x, 49, 40)
    y = b.rows(b.rows(y, 96, "RELU"), 40)
    b.net.output(b.both("ADD", b.reshape(y, 1, 49, 1, 40), x), b.rows(b.reshape(x, 1, 49, 40), 33))


@network(2)
def tall_rows(b):
    """70000 rows of few channels."""
    x = b.conv(b.input(1, 70000, 1, 2), 3, (3, 1))
    b.net.output(b.pool(b.both("ADD", x, x), kernel=(4, 1), stride=(4, 1)))


@network()
def tall_input(b):
    """More rows than one transfer moves, with a border, and an output that fits into a dimension."""
    x = b.input(1, 70000, 1, 2)
    b.net.output(b.conv(x, 4, (3, 3), (4, 1)))


@network()
def depth_to_space(b):
    """Super resolution."""
    x = b.conv(b.input(1, 96, 120, 1), 16, 5)
    y = b.both("ADD", b.conv(b.conv(x, 8, 3), 16, 3, act="NONE"), x)
    y = b.conv(y, 27, 3, act="NONE")
    b.net.output(b.op("DEPTH_TO_SPACE", [y], [1, 288, 360, 3], blockSize=3))


@network()
def uint8_net(b):
    x = b.input(1, 30, 30, 3)
    y = b.both("ADD", x, x)
    b.net.output(b.concat([y, b.pool(b.both("MUL", x, y), kernel=3, stride=1, padding=SAME)]), b.mean(y, False))


# ---------------------------------------------------------------- inputs and outputs

@network()
def many_inputs(b):
    x, y, z = (b.input(1, 20, 24, 6) for _ in range(3))
    p = b.input(1, 1, 1, 6)
    both = b.both("ADD", x, y)
    cat = b.concat([x, z, x])
    b.net.output(both, b.conv(cat, 5, 3), b.both("MUL", z, p), b.both("SUB", x, x), cat)


@network()
def inputs_only(b):
    x, y = b.input(1, 17, 5, 3), b.input(1, 17, 5, 3)
    b.net.output(b.concat([x, y], 1), b.reshape(x, 1, 255), b.concat([y, y], 2))


@network()
def output_everywhere(b):
    """Outputs that are inputs, in the middle, and twice."""
    x = b.input(1, 16, 16, 4)
    y = b.conv(x, 8, 3)
    z = b.conv(y, 8, 3, act="NONE")
    r = b.reshape(z, 1, 2048)
    b.net.output(x, y, z, r, y, b.both("ADD", y, z), r)


@network()
def view_only(b):
    x = b.input(1, 12, 10, 8)
    b.net.output(b.reshape(x, 1, 960), b.reshape(b.reshape(x, 1, 120, 8), 1, 10, 96))


@network(3)
def float_edges(b):
    x = b.quantize(b.input(1, 30, 30, 3, dtype="float32"))
    y = b.conv(b.depthwise(b.conv(x, 12, 3, 2)), 5)
    b.net.output(b.dequantize(y), b.dequantize(x))


@network(4)
def cpu_between(b):
    x = b.conv(b.input(1, 24, 18, 4), 8, 3)
    y = b.op("TRANSPOSE", [x, b.net.ints([0, 2, 1, 3])], [1, 18, 24, 8])
    y = b.conv(y, 6, 3)
    y = b.op("SPACE_TO_DEPTH", [y], [1, 9, 12, 24], blockSize=2)
    z = b.conv(y, 10, act="NONE")
    s = b.op("SOFTMAX", [z], b.shape(z), 1 / 256, -128, beta=1.0)
    y = b.conv(b.concat([s, b.op("QUANTIZE", [z], b.shape(z), 1 / 256, -128)]), 7)
    i = b.net.tensor([1, 9, 12], "int32")
    b.net.op("ARG_MAX", [y, b.net.ints(-1)], [i], outputType=2)
    b.net.output(i, y, x)


@network(4)
def batch(b):
    x = b.conv(b.input(2, 14, 14, 3), 8, 3, 2)
    x = b.pool(b.depthwise(x))
    b.net.output(b.both("ADD", x, x), b.mean(x, False))


# ---------------------------------------------------------------- limits of memory

def chain(b, h, w, c, kernel=3):
    x = b.conv(b.input(1, h, w, c), c, kernel)
    y = b.conv(x, c, kernel)
    z = b.depthwise(y)
    b.net.output(b.both("ADD", b.both("ADD", z, y), x))


def sized(kib, kernel):
    def build(b):
        """Tensors of this size."""
        chain(b, 32, 32, kib, kernel)
    build.__name__ = f"sram_{kib}_{kernel}"
    network()(build)


for _kib in (20, 41, 43, 63, 85, 127):
    sized(_kib, 1)
sized(42, 3)
sized(84, 2)


def make(name):
    function, _ = NETWORKS[name]
    b = Build(name, "uint8" if name.startswith("uint8") else "int8")
    function(b)
    case = Case(b.net, b.inputs, name)
    case.op, case.seed = f"real-{name}", SEED
    return case
