# SPDX-License-Identifier: MIT
"""Random graphs of many operators, valid for LiteRT, for tests of everything above the kernels.

    case = make_graph(number, seed)            # small: runs in milliseconds
    case = make_graph(number, seed, "large")   # shapes up to 40 x 40 x 96
    case = make_graph(number, seed, ops={"CONV_2D", "ADD"})   # only with these

Values carry an estimate of their distribution, from which each operator's output scale is
chosen so that most of its results are off the clamp, however long the chain.
"""
from dataclasses import dataclass

import numpy as np

from builder import SAME, VALID, Net
from cases import Case, chance, clamp, fused, limits, values

SIZES = {
    # largest height and width, largest channels, multiply-accumulates of one operator, steps
    "small": (14, 24, 300_000, (3, 9)),
    "large": (40, 96, 8_000_000, (6, 16)),
}


@dataclass
class Value:
    tensor: int
    shape: list
    dtype: str
    scale: np.float32
    zero: int
    mean: float  # of stored value - zero point
    spread: float  # standard deviation of the stored value
    used: int = 0

    @property
    def quant(self):
        return self.scale, self.zero

    @property
    def hw(self):
        return tuple(self.shape[1:3])

    @property
    def channels(self):
        return self.shape[-1]


class Graph:
    def __init__(self, rng, size, ops):
        self.rng, self.ops = rng, ops
        self.largest, self.deepest, self.budget, self.steps = SIZES[size]
        self.net = Net("graph")
        self.values, self.inputs = [], []
        self.dtype = str(rng.choice(["int8", "int8", "int8", "uint8"]))
        self.lo, self.hi = limits(self.dtype)
        self.clamps = {}
        self.used_ops = []

    # ------------------------------------------------------------ values

    def add_input(self, shape=None):
        rng = self.rng
        if shape is None:
            shape = [1, int(rng.integers(2, self.largest + 1)), int(rng.integers(2, self.largest + 1)),
                     int(rng.choice([1, 2, 3, 3, 4, 8, rng.integers(1, self.deepest + 1)]))]
        zero = self.zero()
        s = np.float32(2.0 ** rng.uniform(-8, -2))
        t = self.net.input(shape, self.dtype, s, zero)
        x = values(rng, shape, self.dtype)
        if len(shape) == 4 and chance(rng, 0.5):  # smooth, like a picture
            patches = rng.integers(self.lo, self.hi + 1, [1, -(-shape[1] // 4), -(-shape[2] // 4), shape[3]])
            x = patches.repeat(4, 1).repeat(4, 2)[:, :shape[1], :shape[2]] + rng.integers(-9, 10, shape)
            x = np.clip(x, self.lo, self.hi).astype(self.dtype)
        self.inputs.append(x)
        return self.keep(Value(t, list(shape), self.dtype, s, zero, float(x.mean()) - zero, max(float(x.std()), 4.0)))

    def keep(self, value):
        self.values.append(value)
        return value

    def zero(self):
        rng = self.rng
        kind = rng.integers(5)
        if kind == 0:
            return self.lo
        if kind == 1:
            return (self.lo + self.hi + 1) // 2
        return int(rng.integers(self.lo + 40, self.hi - 40))

    def pick(self, condition=lambda v: True):
        """A value, mostly a recent one."""
        fitting = [v for v in self.values if condition(v)]
        if not fitting:
            return None
        if chance(self.rng, 0.7):
            return fitting[-1]
        return fitting[int(self.rng.integers(len(fitting)))]

    def output(self, shape, s, zero, mean, spread, act="NONE"):
        t = self.net.tensor(shape, self.dtype, s, zero)
        self.clamps[t] = clamp(act, s, zero, self.dtype)
        return self.keep(Value(t, [int(d) for d in shape], self.dtype, np.float32(s), zero, mean, max(spread, 3.0)))

    def same(self, shape, v, mean=None, spread=None):
        """An output with the quantization of an input."""
        out = self.output(shape, v.scale, v.zero, v.mean if mean is None else mean, v.spread if spread is None else spread)
        return out

    def apply(self, op, inputs, out, **options):
        for v in inputs:
            if isinstance(v, Value):
                v.used += 1
        outs = out if isinstance(out, list) else [out]
        self.net.op(op, [v.tensor if isinstance(v, Value) else v for v in inputs], [o.tensor for o in outs], **options)
        self.used_ops.append(op)
        return out

    def activation(self):
        return str(self.rng.choice(["NONE", "NONE", "RELU", "RELU6"]))

    def centred(self, real_spread, real_mean, act):
        """Scale, zero point and activation for results of this distribution: the widest that fits."""
        rng = self.rng
        if act == "RELU6":
            s = np.float32(6 / rng.uniform(100, 250))
        else:
            s = np.float32(real_spread / rng.uniform(30, 55))
        if act != "NONE":
            return s, self.lo + int(rng.integers(0, 30))
        return s, int(np.clip(round((self.lo + self.hi) / 2 - real_mean / float(s)), self.lo, self.hi))

    # ------------------------------------------------------------ dot products

    def weights(self, shape):
        """Random weights; sometimes most of them are zero, in the patterns that pruning leaves."""
        rng = self.rng
        u8 = self.dtype == "uint8"
        zero = int(rng.integers(60, 200)) if u8 else 0
        w = values(rng, shape, self.dtype, zero, 60) if u8 else rng.integers(-127, 128, shape).astype("int8")
        kind = rng.integers(6)
        if kind == 0:
            w[rng.random(shape) < rng.choice([0.5, 0.7, 0.9])] = zero
        elif kind == 1 and shape[-1] % 4 == 0:  # two of four
            groups = w.reshape(-1, 4)
            order = rng.random(groups.shape).argsort(1)
            groups[order < int(rng.integers(2, 4))] = zero
            w = groups.reshape(shape)
        elif kind == 2 and shape[0] > 3:  # a channel of nothing
            w[int(rng.integers(shape[0]))] = zero
        return w, zero

    def dot(self, op, v, w, zw, axis, shape, inputs, **options):
        """Scales and bias of an operator with weights, and the operator."""
        rng = self.rng
        act = self.activation() if op != "TRANSPOSE_CONV" else "NONE"
        rows = np.moveaxis(w.astype(np.float64) - zw, axis, 0).reshape(w.shape[axis], -1)
        spread = np.maximum(np.sqrt((rows ** 2).sum(1)) * v.spread, 1.0)
        mean = rows.sum(1) * v.mean
        s, zero = self.centred(2.0 ** rng.uniform(-1, 2), 0.0, act)
        lo, hi = clamp(act, s, zero, self.dtype)
        goal = rng.uniform(30, 50, len(rows))
        if self.dtype == "uint8" or chance(rng, 0.3):
            goal[:] = goal[0]
            spread[:] = np.median(spread)
        sw = (goal * float(s) / (float(v.scale) * spread)).astype(np.float32)
        if (goal == goal[0]).all() and (spread == spread[0]).all():
            sw = sw[:1]
        centre = (lo + hi) / 2 - zero
        bias = np.clip(np.round(centre * spread / goal - mean + rng.normal(0, 0.3, len(rows)) * spread), -2 ** 31, 2 ** 31 - 1)
        t = self.net.const(w, sw, zw, axis)
        b = self.net.const(bias.astype(np.int32), (v.scale * sw).astype(np.float32))
        out = self.output(shape, s, zero, centre, float(goal.mean()), act)
        return self.apply(op, [*inputs(t), b], out, **fused(act), **options)

    def conv_2d(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        _, h, w, ci = v.shape
        k = int(rng.choice([1, 1, 3, 3, 3, 5, 7]))
        kh, kw = k, (k if chance(rng, 0.85) else int(rng.integers(1, 6)))
        stride = int(rng.choice([1, 1, 1, 2, 2, 3]))
        dilation = int(rng.choice([2, 3])) if stride == 1 and kh > 1 and chance(rng, 0.15) else 1
        groups = 1
        if ci > 1 and chance(rng, 0.1):
            groups = next((g for g in (4, 3, 2) if ci % g == 0), 1)
        co = int(rng.choice([1, 8, 16, 16, 24, 32, 64, 96, rng.integers(1, self.deepest + 1), rng.integers(1, 20)]))
        co = -(-min(co, self.deepest) // groups) * groups
        padding = SAME
        if h > (kh - 1) * dilation and w > (kw - 1) * dilation and chance(rng, 0.4):
            padding = VALID
        oh, ow = _extent(h, kh, stride, dilation, padding), _extent(w, kw, stride, dilation, padding)
        if oh * ow * co * kh * kw * ci // groups > self.budget:
            return None
        weights, zw = self.weights([co, kh, kw, ci // groups])
        return self.dot("CONV_2D", v, weights, zw, 0, [1, oh, ow, co], lambda t: [v, t], padding=padding, strideH=stride,
                        strideW=stride, dilationHFactor=dilation, dilationWFactor=dilation)

    def depthwise_conv_2d(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        _, h, w, ci = v.shape
        k = int(rng.choice([3, 3, 3, 5, 2, 7]))
        stride = int(rng.choice([1, 1, 2, 3]))
        dilation = 2 if stride == 1 and chance(rng, 0.15) else 1
        times = int(rng.integers(2, 5)) if chance(rng, 0.15) and ci * 4 <= self.deepest else 1
        padding = VALID if min(h, w) > (k - 1) * dilation and chance(rng, 0.4) else SAME
        oh, ow = _extent(h, k, stride, dilation, padding), _extent(w, k, stride, dilation, padding)
        if oh * ow * ci * times * k * k > self.budget:
            return None
        weights, zw = self.weights([1, k, k, ci * times])
        return self.dot("DEPTHWISE_CONV_2D", v, weights, zw, 3, [1, oh, ow, ci * times], lambda t: [v, t], padding=padding,
                        strideH=stride, strideW=stride, dilationHFactor=dilation, dilationWFactor=dilation,
                        depthMultiplier=times)

    def transpose_conv(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4 and max(v.hw) * 2 <= self.largest)
        if v is None:
            return None
        _, h, w, ci = v.shape
        k, stride = int(rng.choice([2, 3, 4])), int(rng.choice([1, 2, 2]))
        padding = SAME if chance(rng, 0.6) else VALID
        co = int(rng.integers(1, min(self.deepest, 32) + 1))
        shape = [1, h * stride, w * stride, co] if padding == SAME else [1, (h - 1) * stride + k, (w - 1) * stride + k, co]
        if max(shape[1:3]) > self.largest or h * w * co * k * k * ci > self.budget:
            return None
        weights, zw = self.weights([co, k, k, ci])
        return self.dot("TRANSPOSE_CONV", v, weights, zw, 0, shape, lambda t: [self.net.ints(shape), t, v],
                        padding=padding, strideH=stride, strideW=stride)

    def fully_connected(self):
        rng = self.rng
        v = self.pick(lambda v: int(np.prod(v.shape)) <= 4096)
        if v is None:
            return None
        depth = int(np.prod(v.shape))
        units = int(rng.integers(1, 65))
        weights, zw = self.weights([units, depth])
        out = self.dot("FULLY_CONNECTED", v, weights, zw, 0, [1, units], lambda t: [v, t])
        if chance(rng, 0.4) and (self.ops is None or "SOFTMAX" in self.ops):
            return self.softmax()
        return out

    # ------------------------------------------------------------ elementwise

    def _operands(self):
        """Two values that broadcast: of one shape, or one value a channel, made a constant."""
        rng = self.rng
        a = self.pick()
        others = [v for v in self.values if v is not a and v.shape == a.shape]
        if len(a.shape) == 4:
            others += [v for v in self.values if v is not a and v.shape in ([1, 1, 1, a.channels], [*a.shape[:3], 1])]
        if others and chance(rng, 0.85):
            b = others[int(rng.integers(len(others)))]
            return (a, b) if chance(rng, 0.7) else (b, a)
        shape = a.shape if chance(rng, 0.2) else [1] * (len(a.shape) - 1) + [a.channels] if chance(rng, 0.7) else [1]
        zero = self.zero()
        x = values(rng, shape, self.dtype)
        t = self.net.const(x, np.float32(a.scale * np.float32(2.0 ** rng.uniform(-2, 2))), zero)
        s, _ = self.net.quants[t]
        return a, Value(t, list(shape), self.dtype, s, zero, float(x.mean()) - zero, max(float(x.std()), 2.0))

    def _binary(self, op):
        a, b = self._operands()
        ra, rb = a.spread * float(a.scale), b.spread * float(b.scale)
        ma, mb = a.mean * float(a.scale), b.mean * float(b.scale)
        if op == "MUL":
            spread, mean = np.hypot(np.hypot(ra * rb, ra * mb), rb * ma), ma * mb
        else:
            spread, mean = np.hypot(ra, rb), ma + (mb if op == "ADD" else -mb)
        act = "RELU" if chance(self.rng, 0.15) and mean > 0 else "NONE"
        s, zero = self.centred(max(spread, abs(mean) / 3 if act == "NONE" else 0), mean, act)
        out = self.output(list(np.broadcast_shapes(tuple(a.shape), tuple(b.shape))), s, zero, mean / float(s),
                          spread / float(s), act)
        return self.apply(op, [a, b], out, **fused(act))

    def add(self):
        return self._binary("ADD")

    def sub(self):
        return self._binary("SUB")

    def mul(self):
        return self._binary("MUL")

    def _extremum(self, op):
        a = self.pick()
        others = [v for v in self.values if v is not a and v.shape == a.shape]
        if not others:
            return None
        b = self.requantize(others[int(self.rng.integers(len(others)))], a)
        return self.apply(op, [a, b], self.same(a.shape, a))

    def maximum(self):
        return self._extremum("MAXIMUM")

    def minimum(self):
        return self._extremum("MINIMUM")

    def prelu(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        alpha = values(rng, [1, 1, v.channels], self.dtype)
        t = self.net.const(alpha, np.float32(2.0 ** rng.uniform(-9, -7)), self.zero())
        s, zero = np.float32(v.scale * np.float32(rng.uniform(0.6, 1.2))), self.zero()
        zero = int(np.clip(zero, self.lo + 60, self.hi - 60))
        return self.apply("PRELU", [v, t], self.output(v.shape, s, zero, v.mean * 0.7, v.spread * 0.7))

    def unary(self):
        rng = self.rng
        v = self.pick()
        op = str(rng.choice(["RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH", "QUANTIZE"]))
        if self.ops is not None and op not in self.ops:
            return None
        if op in ("LOGISTIC", "TANH"):
            s = np.float32(1 / 256 if op == "LOGISTIC" else 1 / 128)
            zero = self.lo if op == "LOGISTIC" else (self.lo + self.hi + 1) // 2
            out = self.output(v.shape, s, zero, 120.0 if op == "LOGISTIC" else 0.0, 50.0)
            return self.apply(op, [v], out)
        s, zero = np.float32(v.scale * np.float32(rng.uniform(0.7, 1.4))), self.zero()
        if op in ("QUANTIZE", "LEAKY_RELU"):
            zero = int(np.clip(v.zero + rng.integers(-20, 21), self.lo, self.hi))
        top = {"RELU6": 6, "RELU_N1_TO_1": 1}.get(op)
        if top is not None and not 0.1 < top / (float(v.scale) * v.spread) < 10:
            return None
        options = {"alpha": float(np.float32(rng.uniform(0.05, 0.5)))} if op == "LEAKY_RELU" else {}
        ratio = float(v.scale) / float(s)
        out = self.output(v.shape, s, zero, v.mean * ratio * 0.8, v.spread * ratio * 0.8)
        return self.apply(op, [v], out, **options)

    def requantize(self, v, like):
        """v with the quantization of another value: int8 has no other way to be joined."""
        if v.quant == like.quant:
            return v
        ratio = float(v.scale) / float(like.scale)
        out = self.output(v.shape, like.scale, like.zero, v.mean * ratio, v.spread * ratio)
        return self.apply("QUANTIZE", [v], out)

    # ------------------------------------------------------------ windows and reductions

    def pool(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        op = str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
        if self.ops is not None and op not in self.ops:
            return None
        _, h, w, c = v.shape
        k, stride = int(rng.choice([2, 2, 3, 5])), int(rng.choice([1, 2, 2, 3]))
        padding = VALID if min(h, w) >= k and chance(rng, 0.5) else SAME
        kh = kw = k
        if chance(rng, 0.1):
            kh, kw, stride, padding = h, w, 1, VALID
        out = self.same([1, _extent(h, kh, stride, 1, padding), _extent(w, kw, stride, 1, padding), c], v)
        return self.apply(op, [v], out, padding=padding, strideH=stride, strideW=stride, filterHeight=kh, filterWidth=kw,
                          **fused("NONE"))

    def mean(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        keep = chance(rng, 0.6)
        shape = [1, 1, 1, v.channels] if keep else [1, v.channels]
        spread = max(v.spread / np.sqrt(v.shape[1] * v.shape[2]), 1.0)
        s = np.float32(float(v.scale) * spread / 20)
        zero = int(np.clip(round((self.lo + self.hi) / 2 - v.mean * float(v.scale) / float(s)), self.lo, self.hi))
        return self.apply("MEAN", [v, self.net.ints([1, 2])], self.output(shape, s, zero, v.mean * float(v.scale) / float(s), 20.0),
                          keepDims=keep)

    def resize(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        op = str(rng.choice(["RESIZE_BILINEAR", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"]))
        if self.ops is not None and op not in self.ops:
            return None
        size = [v.shape[1] * 2, v.shape[2] * 2] if chance(rng, 0.6) else [int(d) for d in rng.integers(1, self.largest + 1, 2)]
        if max(size) > self.largest:
            return None
        corners, centers = [(False, False), (True, False), (False, True), (False, True)][rng.integers(4)]
        return self.apply(op, [v, self.net.ints(size)], self.same([1, *size, v.channels], v), alignCorners=corners,
                          halfPixelCenters=centers)

    # ------------------------------------------------------------ moves

    def pad(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4 and max(v.hw) + 6 <= self.largest + 6)
        if v is None:
            return None
        pads = np.zeros((4, 2), np.int32)
        pads[1:3] = rng.integers(0, 4, (2, 2))
        if chance(rng, 0.15):
            pads[3] = rng.integers(0, 3, 2)
        return self.apply("PAD", [v, self.net.const(pads)], self.same([d + int(p.sum()) for d, p in zip(v.shape, pads)], v))

    def concatenation(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4)
        if v is None:
            return None
        parts = [v]
        for other in self.values:
            if other.hw == v.hw and len(other.shape) == 4 and (other is not v or chance(rng, 0.2)) and len(parts) < 4 and \
               sum(p.channels for p in parts) + other.channels <= self.deepest:
                parts.append(other)
        if len(parts) < 2:
            return None
        rng.shuffle(parts)
        if self.dtype == "int8":
            parts = [self.requantize(p, v) for p in parts]
        out = self.same([*v.shape[:3], sum(p.channels for p in parts)], v)
        return self.apply("CONCATENATION", parts, out, axis=3 if chance(rng, 0.5) else -1, fusedActivationFunction=0)

    def split(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4 and v.channels > 1)
        if v is None:
            return None
        parts = next((p for p in rng.permutation([2, 3, 4]) if v.channels % p == 0), None)
        if parts is not None and chance(rng, 0.6):
            outs = [self.same([*v.shape[:3], v.channels // int(parts)], v) for _ in range(parts)]
            return self.apply("SPLIT", [self.net.ints(3), v], outs, numSplits=int(parts))
        at = int(rng.integers(1, v.channels))
        outs = [self.same([*v.shape[:3], c], v) for c in (at, v.channels - at)]
        return self.apply("SPLIT_V", [v, self.net.ints([at, v.channels - at]), self.net.ints(3)], outs, numSplits=2)

    def slice(self):
        rng = self.rng
        v = self.pick(lambda v: len(v.shape) == 4 and min(v.hw) > 1)
        if v is None:
            return None
        begin = [0] + [int(rng.integers(0, d)) if chance(rng, 0.5) else 0 for d in v.shape[1:]]
        if chance(rng, 0.5):
            size = [1] + [int(rng.integers(1, d - b + 1)) if chance(rng, 0.5) else d - b for d, b in zip(v.shape[1:], begin[1:])]
            return self.apply("SLICE", [v, self.net.ints(begin), self.net.ints(size)], self.same(size, v))
        step = [1] + [int(rng.choice([1, 1, 2])) for _ in range(3)]
        shape = [-(-(d - b) // s) for d, b, s in zip(v.shape, begin, step)]
        return self.apply("STRIDED_SLICE", [v, self.net.ints(begin), self.net.ints(v.shape), self.net.ints(step)],
                          self.same(shape, v), beginMask=0, endMask=15 if chance(rng, 0.5) else 0)

    def block(self):
        rng = self.rng
        op = str(rng.choice(["DEPTH_TO_SPACE", "SPACE_TO_DEPTH"]))
        if self.ops is not None and op not in self.ops:
            return None
        if op == "DEPTH_TO_SPACE":
            v = self.pick(lambda v: len(v.shape) == 4 and v.channels % 4 == 0 and max(v.hw) * 2 <= self.largest)
            shape = v and [1, v.shape[1] * 2, v.shape[2] * 2, v.channels // 4]
        else:
            v = self.pick(lambda v: len(v.shape) == 4 and v.shape[1] % 2 == 0 and v.shape[2] % 2 == 0 and
                          v.channels * 4 <= self.deepest)
            shape = v and [1, v.shape[1] // 2, v.shape[2] // 2, v.channels * 4]
        return v and self.apply(op, [v], self.same(shape, v), blockSize=2)

    def reshape(self):
        rng = self.rng
        v = self.pick()
        _, h, w, c = v.shape if len(v.shape) == 4 else (1, 1, 1, v.shape[-1])
        shape = [[1, h * w, 1, c], [1, w, h, c], [1, h * w * c], [1, 1, 1, h * w * c]][rng.choice([0, 0, 1, 2, 3])]
        if int(np.prod(shape)) != int(np.prod(v.shape)) or shape[-1] > 4096:
            return None
        return self.apply("RESHAPE", [v, self.net.ints(shape)], self.same(shape, v), newShape=shape)

    def transpose(self):
        v = self.pick(lambda v: len(v.shape) == 4 and v.channels <= self.largest)
        if v is None:
            return None
        order = [0] + [int(d) for d in self.rng.permutation([1, 2, 3])]
        return self.apply("TRANSPOSE", [v, self.net.ints(order)], self.same([v.shape[d] for d in order], v))

    def softmax(self):
        v = self.pick(lambda v: len(v.shape) == 2 and v.channels <= 200)
        if v is None:
            return None
        if float(v.scale) * v.spread > 8:
            return None
        out = self.output(v.shape, np.float32(1 / 256), self.lo, 256 / v.channels, 20.0)
        return self.apply("SOFTMAX", [v], out, beta=1.0)

    # Steps and their weights.
    STEPS = {
        "conv_2d": (8, {"CONV_2D"}), "depthwise_conv_2d": (5, {"DEPTHWISE_CONV_2D"}), "add": (6, {"ADD"}),
        "sub": (1, {"SUB"}), "mul": (2, {"MUL"}), "maximum": (0.5, {"MAXIMUM"}), "minimum": (0.5, {"MINIMUM"}),
        "concatenation": (3, {"CONCATENATION"}), "split": (1.5, {"SPLIT", "SPLIT_V"}), "pad": (2, {"PAD"}),
        "pool": (2, {"AVERAGE_POOL_2D", "MAX_POOL_2D"}), "resize": (2, {"RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"}),
        "unary": (3, {"RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH", "QUANTIZE"}),
        "prelu": (1.5, {"PRELU"}), "transpose_conv": (1.5, {"TRANSPOSE_CONV"}), "slice": (1.5, {"SLICE", "STRIDED_SLICE"}),
        "block": (1, {"DEPTH_TO_SPACE", "SPACE_TO_DEPTH"}), "reshape": (0.7, {"RESHAPE"}), "transpose": (0.4, {"TRANSPOSE"}),
        "mean": (0.7, {"MEAN"}), "fully_connected": (1, {"FULLY_CONNECTED"}), "softmax": (0.5, {"SOFTMAX"}),
    }

    def grow(self):
        rng = self.rng
        for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
            first = self.values[0].shape if self.values and chance(rng, 0.6) else None
            self.add_input(first)
        names = [n for n, (_, ops) in self.STEPS.items() if self.ops is None or ops & self.ops]
        if not names:
            raise ValueError(f"no step makes any of {sorted(self.ops)}")
        weights = np.array([self.STEPS[n][0] for n in names])
        goal = len(self.used_ops) + int(rng.integers(*self.steps))
        for _ in range(400):
            if len(self.used_ops) >= goal:
                break
            getattr(self, str(rng.choice(names, p=weights / weights.sum())))()
        for v in self.values:
            # A graph input that nobody read would be an output too, which means nothing.
            if not v.used and v.tensor not in self.net.graph.inputs:
                self.net.output(v.tensor)
            elif v.used and v.tensor not in self.net.graph.inputs and chance(rng, 0.05):
                self.net.output(v.tensor)


def _extent(size, kernel, stride, dilation, padding):
    return -(-size // stride) if padding == SAME else (size - (kernel - 1) * dilation - 1) // stride + 1


def make_graph(number, seed, size="small", ops=None):
    """A Case whose net has several operators; ops limits which."""
    rng = np.random.default_rng([seed, 77, number])
    while True:
        graph = Graph(rng, size, None if ops is None else set(ops))
        graph.grow()
        if graph.used_ops and graph.net.graph.outputs:
            break
    case = Case(graph.net, graph.inputs, " ".join(graph.used_ops), graph.clamps)
    case.op, case.number, case.seed = f"graph-{size}", number, seed
    return case
