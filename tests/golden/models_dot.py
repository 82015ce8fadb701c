# SPDX-License-Identifier: MIT
"""Generators: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV."""
import numpy as np

import rescale
from builder import SAME, VALID, Net
from cases import (Case, activation, chance, clamp, fused, generator, limits, output_quant, quant_type, scale, values,
                   zero_point)


class _Plan:
    """Types, scales, weights and biases of an operator whose outputs are dot products."""

    def __init__(self, rng, x_shape, w_shape, channel_axis):
        self.rng = rng
        self.dtype = quant_type(rng)
        unsigned = self.dtype == "uint8"
        self.channels = w_shape[channel_axis]
        self.axis = channel_axis
        self.per_channel = not unsigned and chance(rng, 0.7)
        self.zi = zero_point(rng, self.dtype)
        self.zw = zero_point(rng, self.dtype) if unsigned else 0
        kind = rng.random()
        self.what = ("directed" if kind < 0.4 else "wrap" if kind < 0.47 else "left shift" if kind < 0.55 else "random")
        self.bias_required = False
        self.real = False  # rescales in double precision, where overflow is not defined
        if self.what == "random":
            self.x = values(rng, x_shape, self.dtype)
            self.w = values(rng, w_shape, self.dtype)
            if not unsigned and chance(rng, 0.7):
                self.w = np.maximum(self.w, -127)
        else:
            # Small sums, so that the bias decides where the accumulator lands.
            self.x = values(rng, x_shape, self.dtype, self.zi, 1 + int(rng.integers(2)))
            self.w = values(rng, w_shape, self.dtype, self.zw, 1 + int(rng.integers(2)))

    def finish(self):
        """Chooses scales and biases: self.si, sw, so, zo, act, bias (or None)."""
        getattr(self, "_" + self.what.replace(" ", "_"))()

    def _sums(self):
        """Mean and spread of each channel's sums over random inputs."""
        w = np.moveaxis(self.w.astype(np.float64) - self.zw, self.axis, 0).reshape(self.channels, -1)
        x = self.x.astype(np.float64) - self.zi
        return x.mean() * w.sum(1), np.maximum(x.std() * np.sqrt((w * w).sum(1)), 0.5)

    def _random(self):
        rng = self.rng
        mean, spread = self._sums()
        self.act = activation(rng)
        self.so, self.zo = output_quant(rng, self.act, self.dtype)
        lo, hi = clamp(self.act, self.so, self.zo, self.dtype)
        self.si = scale(rng)
        goal = (hi - lo) * rng.uniform(0.1, 0.25, self.channels)  # the spread of the outputs
        if not self.per_channel:
            goal[:] = goal[0]
            spread = np.full(self.channels, np.median(spread))
        self.sw = (goal * float(self.so) / (float(self.si) * spread)).astype(np.float32)
        if not self.per_channel:
            self.sw = self.sw[:1]
        real = goal / spread
        if not self.bias_required and chance(rng, 0.12):
            self.bias = None  # then only the zero point can centre the outputs
            self.act = "NONE"
            middle = np.mean(limits(self.dtype)) - np.median(mean * real)
            self.zo = int(np.clip(round(middle), *limits(self.dtype)))
            return
        centre = (lo + hi) / 2 - self.zo + rng.normal(0, 10, self.channels)
        self.bias = np.clip(np.round(centre / real - mean), -2.0 ** 31, 2.0 ** 31 - 1).astype(np.int32)

    def _targets(self, low_exponent, high_exponent, ties=0.4):
        """Per channel a scale and a critical accumulator, which becomes the bias."""
        rng = self.rng
        self.act = "NONE"
        self.zo = zero_point(rng, self.dtype) if chance(rng, 0.3) else int(rng.integers(-30, 31)) + (
            128 if self.dtype == "uint8" else 0)
        lo, hi = limits(self.dtype)
        count = self.channels if self.per_channel else 1
        if chance(rng, ties):  # exact ties: all scales are powers of two, but for a small odd factor
            self.si = np.float32(2.0 ** rng.integers(-6, 1))
            self.so = np.float32(2.0 ** rng.integers(-6, 1))
            real = np.array([rescale.tie_scale(rng) for _ in range(count)])
            self.sw = (real * float(self.so) / float(self.si)).astype(np.float32)
        else:
            self.si, self.so = np.float32(2.0 ** rng.uniform(-9, 0)), np.float32(2.0 ** rng.uniform(-9, 0))
            real = 2.0 ** rng.uniform(low_exponent, high_exponent, count)
            self.sw = (real * float(self.so) / float(self.si)).astype(np.float32)
        bias = np.zeros(self.channels, np.int64)
        for c in range(self.channels):
            sw = self.sw[c if self.per_channel else 0]
            exact = float(self.si) * float(sw) / float(self.so)
            single = float(np.float32(self.si * sw)) / float(self.so)
            functions = rescale.variants(exact, single) + [lambda x, e=exact: rescale.twice(x, np.float32(e))]
            if c % 3 == 0 or (self.dtype == "uint8" and c % 3 == 1):
                # Scales formed in double and in single precision, whose difference is rare.
                way = rescale.real_away if self.real else rescale.twice
                functions = [lambda x, e=exact: way(x, e), lambda x, s=single: way(x, s)]
            accumulators = rescale.critical(rng, exact, functions, lo - self.zo, hi - self.zo, 1 + self.channels)
            bias[c] = accumulators[c % len(accumulators)]
        self.bias = rescale.wrap32(bias).astype(np.int32)

    def _directed(self):
        # Only a small scale, and a large accumulator, shows in what precision the scale was formed.
        small = chance(self.rng, 0.5 if self.dtype == "int8" else 0.8)
        self._targets(*((-22.0, -14.0, 0.2) if small else (-12.0, -0.5, 0.6)))

    def _left_shift(self):
        """Scales above 1: the accumulator is shifted left, and may wrap there."""
        rng = self.rng
        self._targets(0.1, 1.5, 0)
        if chance(rng, 0.3):
            self.si = np.float32(self.si * np.float32(2.0 ** rng.integers(1, 8)))
        self.bias = rng.integers(-60, 61, self.channels).astype(np.int32)
        if not self.real and chance(rng, 0.5):
            # An accumulator beyond 2**31 / 2**shift, which comes back by wrapping.
            c = int(rng.integers(self.channels))
            sw = self.sw[c if self.per_channel else 0]
            _, shift = rescale.multiplier(float(self.si) * float(sw) / float(self.so))
            if shift > 0:
                self.bias[c] = rescale.wrap32(self.bias[c] + (np.int64(rng.choice([-1, 1])) << (32 - shift)))

    def _wrap(self):
        """Bias and sum overflow 32 bits together."""
        rng = self.rng
        self._targets(-27.0, -25.5, 0)
        edge = np.where(rng.random(self.channels) < 0.5, np.int64(rescale.INT32_MAX), np.int64(rescale.INT32_MIN))
        self.bias = np.clip(edge + rng.integers(-4, 5, self.channels), rescale.INT32_MIN, rescale.INT32_MAX).astype(np.int32)

    def build(self, op, y_shape, x_shape=None, output_shape=None, **options):
        rng = self.rng
        net = Net(op.lower())
        x = net.input(x_shape or self.x.shape, self.dtype, self.si, self.zi)
        w = net.const(self.w, self.sw, self.zw, self.axis)
        inputs = [x, w]
        if output_shape is not None:
            inputs = [net.ints(output_shape), w, x]
        if self.bias is not None:
            with np.errstate(under="ignore", over="ignore"):
                inputs.append(net.const(self.bias, (self.si * self.sw).astype(np.float32)))
        elif op == "FULLY_CONNECTED" and chance(rng, 0.5):
            inputs.append(-1)
        y = net.tensor(y_shape, self.dtype, self.so, self.zo)
        net.op(op, inputs, [y], **fused(self.act), **options)
        net.output(y)
        return Case(net, [self.x.reshape(x_shape or self.x.shape)], self.what, {y: clamp(self.act, self.so, self.zo, self.dtype)})


def _extent(size, kernel, stride, dilation, padding):
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - reach) // stride + 1


def window(rng, largest_kernel, dilate=True, strides=True):
    """Kernel, stride, dilation and padding of a convolution or pool, and an input size that fits."""
    big = chance(rng, 0.12)
    kh, kw = (int(v) for v in (rng.integers(1, largest_kernel + 1, 2) if big else rng.integers(1, 6, 2)))
    if chance(rng, 0.25):
        kh = kw = 1
    sh, sw = (int(v) for v in rng.integers(1, 5, 2)) if strides and chance(rng, 0.6) else (1, 1)
    dh = dw = 1
    if dilate and chance(rng, 0.25):
        dh, dw = (int(v) for v in rng.integers(1, 5, 2))
        kh, kw = min(kh, 5), min(kw, 5)
    padding = SAME if chance(rng, 0.5) else VALID
    h, w = (int(v) for v in rng.integers(1, 10, 2))
    if padding == VALID:
        h = max(h, (kh - 1) * dh + 1)
        w = max(w, (kw - 1) * dw + 1)
    return kh, kw, sh, sw, dh, dw, padding, h, w


@generator("CONV_2D", 200, arithmetic=True)
def conv_2d(rng):
    kh, kw, sh, sw, dh, dw, padding, h, w = window(rng, 16)
    deep = chance(rng, 0.15)
    ci = int(rng.integers(1, 40 if deep and kh * kw < 10 else 9))
    co = int(rng.integers(1, 24 if deep else 10))
    groups = 1
    if chance(rng, 0.2):
        groups = int(rng.integers(2, 5))
        co = groups * int(rng.integers(1, 4))
    batch = 2 if chance(rng, 0.12) else 1
    plan = _Plan(rng, [batch, h, w, ci * groups], [co, kh, kw, ci], 0)
    plan.bias_required = True  # LiteRT refuses the model otherwise
    plan.finish()
    y = [batch, _extent(h, kh, sh, dh, padding), _extent(w, kw, sw, dw, padding), co]
    case = plan.build("CONV_2D", y, padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw)
    case.what += " grouped" if groups > 1 else ""
    return case


@generator("DEPTHWISE_CONV_2D", 140, arithmetic=True)
def depthwise_conv_2d(rng):
    kh, kw, sh, sw, dh, dw, padding, h, w = window(rng, 12)
    ci = int(rng.integers(1, 20))
    multiplier = int(rng.integers(2, 6)) if chance(rng, 0.35) else 1
    batch = 2 if chance(rng, 0.12) else 1
    plan = _Plan(rng, [batch, h, w, ci], [1, kh, kw, ci * multiplier], 3)
    plan.finish()
    y = [batch, _extent(h, kh, sh, dh, padding), _extent(w, kw, sw, dw, padding), ci * multiplier]
    return plan.build("DEPTHWISE_CONV_2D", y, padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh,
                      dilationWFactor=dw, depthMultiplier=multiplier)


@generator("TRANSPOSE_CONV", 120, arithmetic=True)
def transpose_conv(rng):
    kh, kw, sh, sw, _, _, padding, h, w = window(rng, 8, dilate=False)
    h, w = (int(v) for v in rng.integers(1, 6, 2))
    ci, co = int(rng.integers(1, 9)), int(rng.integers(1, 9))
    if padding == SAME:
        oh, ow = h * sh, w * sw
    else:
        oh, ow = (h - 1) * sh + kh, (w - 1) * sw + kw
    # Other heights that lead back to the same input height are legal too.
    if chance(rng, 0.3) and padding == SAME:
        oh, ow = oh - int(rng.integers(0, sh)), ow - int(rng.integers(0, sw))
    plan = _Plan(rng, [1, h, w, ci], [co, kh, kw, ci], 0)
    plan.finish()
    y = [1, oh, ow, co]
    return plan.build("TRANSPOSE_CONV", y, output_shape=y, padding=padding, strideH=sh, strideW=sw)


@generator("FULLY_CONNECTED", 120, arithmetic=True)
def fully_connected(rng):
    batch = int(rng.integers(1, 6))
    depth = int(rng.integers(1, 80)) if chance(rng, 0.7) else int(rng.integers(100, 400))
    units = int(rng.integers(1, 24))
    plan = _Plan(rng, [batch, depth], [units, depth], 0)
    plan.real = True
    if plan.dtype == "int8" and not plan.per_channel and plan.what == "random" and chance(rng, 0.4):
        plan.zw = int(rng.integers(-20, 21))
    plan.finish()
    x_shape, y_shape, options = [batch, depth], [batch, units], {}
    shape = rng.integers(4)
    if shape == 0:  # more dimensions, flattened
        split = next(d for d in (4, 3, 2, 1) if depth % d == 0)
        x_shape = [batch, split, 1, depth // split]
    elif shape == 1:
        split = next(d for d in (4, 3, 2, 1) if batch % d == 0)
        x_shape = [split, batch // split, depth]
        y_shape = [split, batch // split, units]
        options["keepNumDims"] = True
    return plan.build("FULLY_CONNECTED", y_shape, x_shape, **options)
