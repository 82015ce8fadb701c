# SPDX-License-Identifier: MIT
"""Generators: ADD, SUB, MUL, MAXIMUM, MINIMUM, PRELU."""
import numpy as np

import rescale
from builder import Net
from cases import (Case, activation, chance, clamp, dims, fused, generator, image, limits, output_quant, quant_type, scale,
                   values, zero_point)


def broadcast_shapes(rng):
    """Shapes of two operands that broadcast, and of the result."""
    rank = int(rng.choice([1, 2, 3, 4, 4, 4, 4, 5]))
    y = dims(rng, rank, 8 if rank < 5 else 4)
    kind = rng.integers(8)
    a, b = list(y), list(y)
    if kind == 0:  # a scalar in one of its forms
        b = [[], [1], [1] * rank][rng.integers(3)]
    elif kind == 1:  # over space: one value a channel
        b = [1] * (rank - 1) + y[-1:] if chance(rng, 0.5) else y[-1:]
    elif kind == 2:  # any mixture, both sides
        for i in range(rank):
            side = rng.integers(4)
            if side < 2:
                (a if side else b)[i] = 1
        b = b[int(rng.integers(rank)):] if chance(rng, 0.3) else b
        y = list(np.broadcast_shapes(tuple(a), tuple(b)))
    if chance(rng, 0.5):
        a, b = b, a
    return a, b, y


def _directed_pairs(rng, shapes, pairs, dtype, a, b):
    """Writes interesting pairs of stored values to corresponding places of both operands."""
    (sa, sb, sy) = shapes
    if sa != sb or not pairs:
        return
    flat_a, flat_b = a.reshape(-1), b.reshape(-1)
    for place in range(0, flat_a.size, 2):
        flat_a[place], flat_b[place] = pairs[int(rng.integers(len(pairs)))]


def _sum_of(x1, x2, s1, s2, so, precision):
    """x1 * s1 + x2 * s2 in units of so, in fixed point, with scales formed in a precision."""
    twice_largest = precision(2) * precision(max(s1, s2))
    left = rescale.twice(x1 << 20, precision(s1) / twice_largest)
    right = rescale.twice(x2 << 20, precision(s2) / twice_largest)
    return int(rescale.twice(left + right, twice_largest / (precision(1 << 20) * precision(so))))


def _search_sum(rng, x1, x2):
    """(s1, s2, so) such that x1 * s1 + x2 * s2 falls beside a tie, on a side that depends on precision."""
    for _ in range(100):
        s1 = scale(rng, -8, 0)
        s2 = np.float32(s1 * np.float32(2.0 ** rng.uniform(-2, 2)))
        total = abs(float(s1) * x1 + float(s2) * x2)
        if total < float(s1) / 4:
            continue
        so = np.float32(total / (float(rng.integers(0, 90)) + 0.5))
        if _sum_of(x1, x2, s1, s2, so, float) != _sum_of(x1, x2, s1, s2, so, np.float32):
            break
    return s1, s2, so


def _sum_case(rng, op):
    dtype = quant_type(rng)
    lo, hi = limits(dtype)
    shapes = broadcast_shapes(rng)
    sa, sb, sy = shapes
    z1, z2 = zero_point(rng, dtype), zero_point(rng, dtype)
    sign = 1 if op == "ADD" else -1
    kind = rng.random()
    if kind < 0.2:
        what = "directed scale"
        sa = sb = sy
        a, b = values(rng, sa, dtype), values(rng, sb, dtype)
        first, second = (int(v) for v in rng.integers(lo, hi + 1, 2))
        s1, s2, so = _search_sum(rng, first - z1, sign * (second - z2))
        a.reshape(-1)[::2], b.reshape(-1)[::2] = first, second
        zo, act = (lo + hi + 1) // 2, "NONE"
    elif kind < 0.5:
        what = "directed"
        # (s1 a + s2 b) / so is a multiple of 1 / 2**k: ties of both signs.
        s1 = np.float32(2.0 ** rng.integers(-8, 3))
        s2 = np.float32(s1 * 2.0 ** -rng.integers(0, 4)) if chance(rng, 0.8) else s1
        if chance(rng, 0.5):
            s1, s2 = s2, s1
        so = np.float32(float(max(s1, s2)) * float(rng.choice([1, 1, 2, 2, 2, 4, 4, 8])) /
                        float(rng.choice([1, 1, 1, 1.5, 3, 5, 7])))
        if chance(rng, 0.3):  # just beside a tie
            so = np.nextafter(so, np.float32(rng.choice([0, 1e9])))
        act = "NONE" if chance(rng, 0.8) else "RELU"
        spread = int(rng.choice([4, 16, 60]))
        a, b = values(rng, sa, dtype, z1, spread), values(rng, sb, dtype, z2, spread)
        zo = int(rng.integers(-30, 31)) + (lo + hi + 1) // 2
        if act == "RELU":
            zo = lo
    else:
        what = "random"
        a, b = values(rng, sa, dtype), values(rng, sb, dtype)
        act = activation(rng)
        so, zo = output_quant(rng, act, dtype)
        ratio = 2.0 ** rng.uniform(-1, 1) if chance(rng, 0.7) else 2.0 ** rng.uniform(-14, 14)
        x = (a.astype(np.float64) - z1) + sign * ratio * (b.astype(np.float64) - z2)
        least, most = clamp(act, so, zo, dtype)
        s1 = np.float32((most - least) * rng.uniform(0.15, 0.3) * so / max(x.std(), 1))
        s2 = np.float32(s1 * ratio)
        # Put the middle of the results in the middle of the range, if a zero point can.
        if act == "NONE" and chance(rng, 0.8):
            zo = int(np.clip(round((lo + hi) / 2 - x.mean() * float(s1) / float(so)), lo, hi))
    net = Net(op.lower())
    t = net.input(sa, dtype, s1, z1)
    inputs = [a]
    if chance(rng, 0.25):
        u = net.const(b, s2, z2)
    else:
        u = net.input(sb, dtype, s2, z2)
        inputs.append(b)
    y = net.tensor(sy, dtype, so, zo)
    net.op(op, [t, u], [y], **fused(act))
    net.output(y)
    return Case(net, inputs, what, {y: clamp(act, so, zo, dtype)})


@generator("ADD", 130, arithmetic=True)
def add(rng):
    return _sum_case(rng, "ADD")


@generator("SUB", 100, arithmetic=True)
def sub(rng):
    return _sum_case(rng, "SUB")


def _products(za, zb, dtype):
    lo, hi = limits(dtype)
    v = np.arange(lo, hi + 1)
    return np.multiply.outer(v - za, v - zb)


def _single_scale(s1, s2, so):
    return np.float32(np.float32(s1 * s2) / so)


def _double_scale(s1, s2, so):
    return float(s1) * float(s2) / float(so)


def _search_scales(rng, products):
    """(s1, s2, so, product): a product whose rescaled value depends on how s1 * s2 / so is formed.

    so is chosen so that the product falls on a tie, but for the rounding of so; single or
    double precision then decides on which side it falls.
    """
    flat = np.unique(products)
    flat = flat[flat != 0]
    for _ in range(100):
        s1, s2 = scale(rng, -8, 0), scale(rng, -8, 0)
        product = int(rng.choice(flat)) if flat.size else 1
        so = np.float32(float(s1) * float(s2) * abs(product) / (float(rng.integers(0, 90)) + 0.5))
        for _ in range(int(rng.integers(4))):
            so = np.nextafter(so, np.float32(rng.choice([0, 1e9])))
        if rescale.twice(product, _single_scale(s1, s2, so)) != rescale.twice(product, _double_scale(s1, s2, so)):
            break
    return s1, s2, so, product


@generator("MUL", 130, arithmetic=True)
def mul(rng):
    dtype = quant_type(rng)
    lo, hi = limits(dtype)
    shapes = broadcast_shapes(rng)
    sa, sb, sy = shapes
    z1, z2 = zero_point(rng, dtype), zero_point(rng, dtype)
    kind = rng.random()
    zo = int(rng.integers(-30, 31)) + (lo + hi + 1) // 2
    act = "NONE"
    if kind < 0.3:
        what = "directed scale"
        products = _products(z1, z2, dtype)
        s1, s2, so, target = _search_scales(rng, products)
        sb = sa = sy  # so that pairs can be placed
        a, b = values(rng, sa, dtype), values(rng, sb, dtype)
        places = np.argwhere(products == target)
        _directed_pairs(rng, (sa, sb, sy), [(int(i) + lo, int(j) + lo) for i, j in places], dtype, a, b)
    elif kind < 0.55:
        what = "directed ties"
        s1, s2 = np.float32(2.0 ** rng.integers(-7, 1)), np.float32(2.0 ** rng.integers(-7, 1))
        so = np.float32(float(s1) * float(s2) / rescale.tie_scale(rng))
        spread = int(rng.choice([3, 12, 40]))
        a, b = values(rng, sa, dtype, z1, spread), values(rng, sb, dtype, z2, spread)
    else:
        what = "random"
        a, b = values(rng, sa, dtype), values(rng, sb, dtype)
        act = activation(rng)
        so, zo = output_quant(rng, act, dtype)
        s1 = scale(rng)
        x = (a.astype(np.float64) - z1).std() * (b.astype(np.float64) - z2).std()
        x += abs((a.astype(np.float64) - z1).mean() * (b.astype(np.float64) - z2).mean())
        least, most = clamp(act, so, zo, dtype)
        s2 = np.float32((most - least) * rng.uniform(0.1, 0.3) * float(so) / (max(x, 1) * float(s1)))
        if act == "NONE" and chance(rng, 0.8):
            mean = np.multiply.outer(a.astype(np.float64) - z1, b.astype(np.float64) - z2).mean()
            zo = int(np.clip(round((lo + hi) / 2 - mean * _double_scale(s1, s2, so)), lo, hi))
    net = Net("mul")
    t = net.input(sa, dtype, s1, z1)
    inputs = [a]
    if chance(rng, 0.25):
        u = net.const(b, s2, z2)
    else:
        u = net.input(sb, dtype, s2, z2)
        inputs.append(b)
    y = net.tensor(sy, dtype, so, zo)
    net.op("MUL", [t, u], [y], **fused(act))
    net.output(y)
    return Case(net, inputs, what, {y: clamp(act, so, zo, dtype)})


def _extremum(rng, op):
    dtype = str(rng.choice(["int8", "int8", "uint8", "float32", "int32"]))
    sa, sb, sy = broadcast_shapes(rng)
    net = Net(op.lower())
    if dtype in ("float32", "int32"):
        quant = (None, 0)
        a, b = (rng.normal(0, 5, s).round(1).astype(dtype) for s in (sa, sb))
        a, b = np.asarray(a), np.asarray(b)
    else:
        quant = (scale(rng), zero_point(rng, dtype))
        a, b = values(rng, sa, dtype), values(rng, sb, dtype)
    inputs = [a]
    t = net.input(sa, dtype, *quant)
    if chance(rng, 0.25):
        u = net.const(b, *quant)
    else:
        u = net.input(sb, dtype, *quant)
        inputs.append(b)
    y = net.tensor(sy, dtype, *quant)
    net.op(op, [t, u], [y])
    net.output(y)
    return Case(net, inputs, dtype)


@generator("MAXIMUM", 40)
def maximum(rng):
    return _extremum(rng, "MAXIMUM")


@generator("MINIMUM", 40)
def minimum(rng):
    return _extremum(rng, "MINIMUM")


@generator("PRELU", 110, arithmetic=True)
def prelu(rng):
    dtype = quant_type(rng)
    lo, hi = limits(dtype)
    shape = image(rng, 7, 12)
    alpha_shape = [[1, 1, shape[3]], [1, 1, 1], shape[1:], [1, 1, 1, shape[3]]][rng.choice([0, 0, 0, 1, 2, 3])]
    zi = int(rng.integers(lo + 20, hi - 20)) if chance(rng, 0.7) else zero_point(rng, dtype)
    za = zero_point(rng, dtype)
    kind = rng.random()
    x = values(rng, shape, dtype)
    alpha = values(rng, alpha_shape, dtype)
    zo = int(rng.integers(-30, 31)) + (lo + hi + 1) // 2
    if kind < 0.35:
        what = "directed scale"  # of the negative side, where x and alpha are multiplied
        v = np.arange(lo, hi + 1)
        products = np.multiply.outer(np.minimum(v - zi, 0), v - za)
        si, sa, so, target = _search_scales(rng, products)
        places = [(int(i) + lo, int(j) + lo) for i, j in np.argwhere(products == target)]
        if places and shape[1:3] != [1, 1]:
            alpha = np.ascontiguousarray(alpha)
            xs = x.reshape(-1, shape[3])
            for c in range(shape[3]):
                i, j = places[int(rng.integers(len(places)))]
                if alpha_shape[-1] > 1 and alpha_shape[0] == 1 and int(np.prod(alpha_shape)) == shape[3]:
                    alpha.reshape(-1)[c] = j
                    xs[::2, c] = i
                elif int(np.prod(alpha_shape)) == 1:
                    alpha[:] = places[0][1]
                    xs[::2, c] = places[0][0]
    elif kind < 0.5:
        what = "directed positive"  # si / so in double and in single precision
        target, tie = int(rng.integers(1, 200)), float(rng.integers(0, 100)) + 0.5
        for _ in range(60):
            si = scale(rng, -8, 0)
            so = np.float32(float(si) * target / tie)
            so = np.nextafter(so, np.float32(rng.choice([0, 1e9]))) if chance(rng, 0.5) else so
            one = rescale.twice([target], np.float32(si / so))
            if one != rescale.twice([target], float(si) / float(so)):
                break
        sa = scale(rng, -9, -6)
        zi = int(np.clip(zi, lo, hi - target)) if hi - target >= lo else lo
        x.reshape(-1)[::2] = min(zi + target, hi)
    elif kind < 0.7:
        what = "directed ties"
        si = np.float32(2.0 ** rng.integers(-7, 1))
        so = np.float32(si / np.float32(rescale.tie_scale(rng)))
        sa = np.float32(rescale.tie_scale(rng) * float(so) / float(si) / 16)
    else:
        what = "random"
        si = scale(rng)
        so = np.float32(si * np.float32(2.0 ** rng.uniform(-1, 1)))
        sa = np.float32(2.0 ** rng.uniform(-9, -5))
        zo = zero_point(rng, dtype) if chance(rng, 0.3) else zo
    net = Net("prelu")
    t = net.input(shape, dtype, si, zi)
    u = net.const(alpha, sa, za)
    y = net.tensor(shape, dtype, so, zo)
    net.op("PRELU", [t, u], [y])
    net.output(y)
    return Case(net, [x], what, {y: limits(dtype)})


@generator("SQUARED_DIFFERENCE", 90, arithmetic=True)
def squared_difference(rng):
    dtype = "int8"  # the only quantized type that LiteRT has
    lo, hi = limits(dtype)
    sa, sb, sy = broadcast_shapes(rng)
    z1, z2 = zero_point(rng, dtype), zero_point(rng, dtype)
    if chance(rng, 0.5):
        what = "directed"
        s1 = np.float32(2.0 ** rng.integers(-6, 1))
        s2 = np.float32(s1 * 2.0 ** rng.integers(-2, 3))
        spread = int(rng.choice([4, 12, 30]))
        a, b = values(rng, sa, dtype, z1, spread), values(rng, sb, dtype, z2, spread)
        so = np.float32(float(s1) * float(s1) / rescale.tie_scale(rng))
        zo = int(rng.integers(lo, 0))
    else:
        what = "random"
        a, b = values(rng, sa, dtype), values(rng, sb, dtype)
        s1 = scale(rng, -8, 0)
        s2 = np.float32(s1 * np.float32(2.0 ** rng.uniform(-2, 2)))
        difference = (a.astype(np.float64) - z1) * float(s1) - (b.astype(np.float64) - z2) * float(s2)
        so = np.float32(max((difference ** 2).mean(), float(s1) ** 2) / rng.uniform(20, 100))
        zo = int(rng.integers(lo, lo + 60))
    net = Net("squared_difference")
    t, u = net.input(sa, dtype, s1, z1), net.input(sb, dtype, s2, z2)
    y = net.tensor(sy, dtype, so, zo)
    net.op("SQUARED_DIFFERENCE", [t, u], [y])
    net.output(y)
    return Case(net, [a, b], what, {y: limits(dtype)})


def _top_bit(x):
    """Position of the highest bit set, -1 for 0."""
    return np.frexp(np.abs(np.asarray(x, np.float64)))[1] - 1


@generator("DIV", 90, arithmetic=True)
def div(rng):
    while True:
        case = _div(rng)
        if case is not None:
            return case


def _div(rng):
    dtype = "uint8"  # the only quantized type that LiteRT has
    sa, sb, sy = broadcast_shapes(rng)
    z1, z2 = int(rng.integers(30, 226)), int(rng.choice([0, 255, rng.integers(0, 256)]))
    if chance(rng, 0.5):  # a small number by a large one, and a large scale
        a = values(rng, sa, dtype, z1, int(rng.choice([3, 9, 25])))
        b = values(rng, sb, dtype)
        ratio = 2.0 ** rng.uniform(7, 9.5)
    else:  # not so, and then no numerator is near 0
        a = values(rng, sa, dtype, z1, 120)
        a = np.where(np.abs(a.astype(int) - z1) < 16, np.uint8(z1 + (29 if z1 < 128 else -29)), a).astype(dtype)
        b = values(rng, sb, dtype, z2, 15)
        ratio = 2.0 ** rng.uniform(-1, 3)
    b = np.where(b == z2, np.uint8(z2 - 1 if z2 else 1), b).astype(dtype)  # nothing by zero
    s1, s2 = scale(rng, -8, 0), scale(rng, -8, 0)
    what = "random"
    if chance(rng, 0.5):
        what = "directed"
        ratio = 2.0 ** round(np.log2(ratio))
        s1, s2 = np.float32(2.0 ** rng.integers(-6, 1)), np.float32(2.0 ** rng.integers(-6, 1))
    so, zo = np.float32(float(s1) / float(s2) / ratio), int(rng.integers(90, 166))
    # LiteRT shifts by more than 31 bits, which means nothing, if the quotient is small before
    # the scale is applied.
    _, shift = rescale.multiplier(float(s1) / (float(s2) * float(so)))
    if shift - _top_bit(b.astype(int) - z2).max() - 30 + _top_bit(a.astype(int) - z1).min() < -31:
        return None
    act = "NONE" if what == "directed" else str(rng.choice(["NONE", "RELU"]))
    if act == "RELU":
        zo = int(rng.integers(0, 60))
    net = Net("div")
    t, u = net.input(sa, dtype, s1, z1), net.input(sb, dtype, s2, z2)
    y = net.tensor(sy, dtype, so, zo)
    net.op("DIV", [t, u], [y], **fused(act))
    net.output(y)
    return Case(net, [a, b], what, {y: clamp(act, so, zo, dtype)})
