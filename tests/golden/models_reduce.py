# SPDX-License-Identifier: MIT
"""Generators: operators that look at several elements of one input: pools, MEAN, SUM, REDUCE_MAX,
REDUCE_MIN, ARG_MAX, ARG_MIN, RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR."""
import numpy as np

from builder import DTYPES, Net, SAME, VALID
from cases import (Case, chance, clamp, dims, fused, generator, image, limits, output_quant, quant_type, scale, values,
                   zero_point)


def _pool(rng, op):
    dtype = quant_type(rng)
    lo, hi = limits(dtype)
    big = chance(rng, 0.15)
    kh, kw = (int(v) for v in rng.integers(1, 17 if big else 5, 2))
    sh, sw = (int(v) for v in rng.integers(1, 5, 2)) if chance(rng, 0.6) else (1, 1)
    padding = SAME if chance(rng, 0.5) else VALID
    batch, h, w, c = image(rng, 10, 7)
    if padding == VALID:
        h, w = max(h, kh), max(w, kw)
    if chance(rng, 0.1):  # global
        kh, kw, padding = h, w, VALID
    oh, ow = (-(-h // sh), -(-w // sw)) if padding == SAME else ((h - kh) // sh + 1, (w - kw) // sw + 1)
    shape = [batch, h, w, c]
    act = str(rng.choice(["NONE", "NONE", "NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))
    s, z = output_quant(rng, act, dtype)
    least, most = clamp(act, s, z, dtype)
    middle = (least + most) // 2
    what = "random"
    if act != "NONE" or chance(rng, 0.4):
        x = values(rng, shape, dtype, middle, int(rng.choice([2, 9, max(2, (most - least) // 2)])))
        what = "around the middle"
    elif chance(rng, 0.4):
        # Averages near 0, of both signs, where ways to round a tie part.
        x = values(rng, shape, dtype, 0 if dtype == "int8" else 5, int(rng.integers(1, 5)))
        what = "around 0"
    else:
        x = values(rng, shape, dtype)
    net = Net(op.lower())
    t = net.input(shape, dtype, s, z)
    y = net.tensor([batch, oh, ow, c], dtype, s, z)
    net.op(op, [t], [y], padding=padding, strideH=sh, strideW=sw, filterHeight=kh, filterWidth=kw, **fused(act))
    net.output(y)
    return Case(net, [x], what, {y: (least, most)})


@generator("AVERAGE_POOL_2D", 110, arithmetic=True)
def average_pool_2d(rng):
    return _pool(rng, "AVERAGE_POOL_2D")


@generator("MAX_POOL_2D", 50)
def max_pool_2d(rng):
    return _pool(rng, "MAX_POOL_2D")


def _axes(rng, net, rank):
    """(axes as a list, index of the tensor that holds them), in one of their many forms."""
    if rank == 4 and chance(rng, 0.4):
        axes = [1, 2]
    else:
        axes = sorted(int(v) for v in rng.choice(rank, int(rng.integers(1, rank + 1)), replace=False))
    given = [a - rank if chance(rng, 0.3) else a for a in axes]
    rng.shuffle(given)
    if len(given) == 1 and chance(rng, 0.5):
        return axes, net.ints(given[0])
    return axes, net.ints(given)


def _reduced(shape, axes, keep):
    return [1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes]


def _reduce_shape(rng):
    rank = int(rng.choice([1, 2, 3, 4, 4, 4]))
    return dims(rng, rank, 12 if rank > 2 else 40, 1500)


def _mean_or_sum(rng, op):
    dtype = quant_type(rng)
    lo, hi = limits(dtype)
    shape = _reduce_shape(rng)
    net = Net(op.lower())
    kind = rng.random()
    if kind < 0.45:
        what = "directed"
        zi = _near_middle(rng, dtype)
        si = np.float32(2.0 ** rng.integers(-8, 2))
        so = np.float32(float(si) * float(rng.choice([1, 1, 1, 2, 0.5, 0.75, 1.5, 0.625])))
        x = values(rng, shape, dtype, zi, int(rng.choice([2, 5, 20, 60])))
        zo = _near_middle(rng, dtype)
    else:
        what = "random"
        zi = zero_point(rng, dtype)
        si = scale(rng)
        x = values(rng, shape, dtype)
        so, zo = None, None
    t = net.input(shape, dtype, si, zi)
    axes, axis = _axes(rng, net, len(shape))
    keep = chance(rng, 0.5)
    count = int(np.prod([shape[a] for a in axes]))
    stored = x
    if op == "SUM":
        # LiteRT's reference kernel takes int8 for uint8, in what it sums and in what it clamps.
        stored, (lo, hi) = x.view(np.uint8), limits("uint8")
    deviations = (stored.astype(np.float64) - zi).sum(tuple(axes)) / (count if op == "MEAN" else 1)
    if so is None:
        # The spread of the results, not of the values, decides what fits.
        spread = max(deviations.std(), abs(deviations.mean()) / 2, 0.3)
        so = np.float32(float(si) * spread / rng.uniform(20, 60))
        zo = int(np.clip(round((lo + hi) / 2 - deviations.mean() * float(si) / float(so)), *limits(dtype)))
    elif op == "SUM" and np.abs(deviations).max() * float(si) / float(so) > 100:
        so = np.float32(so * np.float32(2.0 ** np.ceil(np.log2(np.abs(deviations).max() * float(si) / float(so) / 100))))
    shape_out = _reduced(shape, axes, keep)
    y = net.tensor(shape_out, dtype, so, zo)
    net.op(op, [t, axis], [y], keepDims=keep)
    net.output(y)
    return Case(net, [x], what, {y: (lo, hi)})


def _near_middle(rng, dtype):
    lo, hi = limits(dtype)
    return int(rng.integers(-30, 31)) + (lo + hi + 1) // 2


@generator("MEAN", 150, arithmetic=True)
def mean(rng):
    return _mean_or_sum(rng, "MEAN")


@generator("SUM", 110, arithmetic=True)
def sum_(rng):
    return _mean_or_sum(rng, "SUM")


def _extremum(rng, op):
    dtype = str(rng.choice(["int8", "int8", "uint8", "float32"]))
    shape = _reduce_shape(rng)
    net = Net(op.lower())
    if dtype == "float32":
        x, quant = rng.normal(0, 5, shape).astype(np.float32), (None,)
    else:
        x, quant = values(rng, shape, dtype), (scale(rng), zero_point(rng, dtype))
    t = net.input(shape, dtype, *quant)
    axes, axis = _axes(rng, net, len(shape))
    keep = chance(rng, 0.5)
    y = net.tensor(_reduced(shape, axes, keep), dtype, *quant)
    net.op(op, [t, axis], [y], keepDims=keep)
    net.output(y)
    return Case(net, [x], dtype)


@generator("REDUCE_MAX", 40)
def reduce_max(rng):
    return _extremum(rng, "REDUCE_MAX")


@generator("REDUCE_MIN", 40)
def reduce_min(rng):
    return _extremum(rng, "REDUCE_MIN")


def _arg(rng, op):
    dtype = str(rng.choice(["int8", "int8", "uint8", "float32", "int32"]))
    shape = _reduce_shape(rng)
    net = Net(op.lower())
    if dtype in ("float32", "int32"):
        x, quant = np.round(rng.normal(0, 3, shape)).astype(dtype), (None,)
    else:
        # Few different values, so that the first of several equals has to be found.
        few = chance(rng, 0.5)
        x = values(rng, shape, dtype, 100, 2) if few else values(rng, shape, dtype)
        quant = (scale(rng), zero_point(rng, dtype))
    t = net.input(shape, dtype, *quant)
    axis = int(rng.integers(len(shape)))
    given = axis - len(shape) if chance(rng, 0.4) else axis
    a = net.ints(given if chance(rng, 0.5) else [given], str(rng.choice(["int32", "int64"])))
    result = str(rng.choice(["int32", "int64"]))
    y = net.tensor([d for i, d in enumerate(shape) if i != axis], result)
    net.op(op, [t, a], [y], outputType=DTYPES[result])
    net.output(y)
    return Case(net, [x], dtype)


@generator("ARG_MAX", 40)
def arg_max(rng):
    return _arg(rng, "ARG_MAX")


@generator("ARG_MIN", 40)
def arg_min(rng):
    return _arg(rng, "ARG_MIN")


def _resize(rng, op, dtypes):
    dtype = str(rng.choice(dtypes))
    shape = image(rng, 9, 5)
    size = [int(v) for v in rng.integers(1, 24, 2)]
    how = int(rng.integers(5))
    if how == 0:
        size = [shape[1] * 2, shape[2] * 2]
    elif how == 1:
        size = [shape[1] * int(rng.integers(1, 5)), shape[2] * int(rng.integers(1, 5))]
    elif how == 2:
        size = [max(1, -(-shape[1] // 2)), max(1, -(-shape[2] // 3))]
    centers = [(False, False), (True, False), (False, True)][rng.integers(3)]
    net = Net(op.lower())
    if dtype == "float32":
        x, quant = rng.normal(0, 5, shape).astype(np.float32), (None,)
    elif chance(rng, 0.3):
        x, quant = values(rng, shape, dtype, 0 if dtype == "int8" else 128, 6), (scale(rng), zero_point(rng, dtype))
    else:
        x, quant = values(rng, shape, dtype), (scale(rng), zero_point(rng, dtype))
    t = net.input(shape, dtype, *quant)
    y = net.tensor([shape[0], size[0], size[1], shape[3]], dtype, *quant)
    net.op(op, [t, net.ints(size)], [y], alignCorners=centers[0], halfPixelCenters=centers[1])
    net.output(y)
    what = dtype + (" align corners" if centers[0] else " half pixel" if centers[1] else "")
    return Case(net, [x], what, {} if dtype == "float32" else {y: limits(dtype)})


@generator("RESIZE_BILINEAR", 160, arithmetic=True)
def resize_bilinear(rng):
    return _resize(rng, "RESIZE_BILINEAR", ["int8", "int8", "uint8"])


@generator("RESIZE_NEAREST_NEIGHBOR", 60)
def resize_nearest_neighbor(rng):
    return _resize(rng, "RESIZE_NEAREST_NEIGHBOR", ["int8", "uint8", "float32"])
