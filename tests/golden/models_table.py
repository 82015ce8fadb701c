# SPDX-License-Identifier: MIT
"""Generators: operators of one input whose output element depends on one input element (or on
one row): QUANTIZE, DEQUANTIZE, CAST, the RELU family, LEAKY_RELU, LOGISTIC, TANH, HARD_SWISH,
SOFTMAX, LOG_SOFTMAX."""
import numpy as np

import rescale
from builder import DTYPES, Net
from cases import Case, chance, dims, generator, limits, quant_type, scale, values, zero_point


def every_value(rng, dtype):
    """All 256 stored values in random order, in a random shape."""
    lo, _ = limits(dtype)
    x = (rng.permutation(256) + lo).astype(dtype)
    shape = [[256], [1, 256], [1, 4, 64], [1, 8, 16, 2], [2, 8, 4, 4], [1, 2, 2, 8, 8]][rng.choice([0, 1, 2, 3, 3, 4, 5])]
    return x.reshape(shape)


def search_scale(rng, low, high):
    """(si, so, x): x * si / so falls beside a tie, on a side that depends on the precision of si / so."""
    for _ in range(100):
        x = int(rng.integers(low, high + 1)) or 1
        si = scale(rng, -8, 0)
        so = np.float32(float(si) * abs(x) / (float(rng.integers(0, 100)) + 0.5))
        if chance(rng, 0.5):
            so = np.nextafter(so, np.float32(rng.choice([0, 1e9])))
        if rescale.twice(x, np.float32(si / so)) != rescale.twice(x, float(si) / float(so)):
            break
    return si, so, x


def scale_pair(rng, directed=0.6):
    """Scales of input and output of an operator that rescales, in the kinds that matter."""
    kind = rng.random()
    if kind < directed / 2:
        si = np.float32(2.0 ** rng.integers(-8, 3))
        return si, np.float32(float(si) / rescale.tie_scale(rng)), "directed ties"
    if kind < directed:
        si, so, _ = search_scale(rng, -120, 120)
        return si, so, "directed scale"
    si = scale(rng)
    wide = 8 if chance(rng, 0.15) else 1
    return si, np.float32(si * np.float32(2.0 ** rng.uniform(-wide, wide))), "random"


def unary(op, x, quant_in, quant_out, dtype_out, what, clamps=True, options=None, shape_out=None):
    net = Net(op.lower())
    t = net.input(x.shape, x.dtype.name, *quant_in)
    y = net.tensor(x.shape if shape_out is None else shape_out, dtype_out, *quant_out)
    net.op(op, [t], [y], **(options or {}))
    net.output(y)
    return Case(net, [x], what, {y: limits(dtype_out)} if clamps else {})


def _middle(rng, dtype):
    lo, hi = limits(dtype)
    return int(rng.integers(-40, 41)) + (lo + hi + 1) // 2


@generator("QUANTIZE", 140, arithmetic=True)
def quantize(rng):
    to = quant_type(rng)
    lo, hi = limits(to)
    if chance(rng, 0.35):
        s, z = scale(rng), zero_point(rng, to)
        shape = dims(rng, int(rng.integers(1, 6)))
        x = rng.uniform(lo - z - 20, hi - z + 20, shape) * float(s)
        if chance(rng, 0.5):  # ties, exact and missed by the last bit
            x = (np.round(x / float(s)) + 0.5) * float(s)
        x = x.astype(np.float32)
        if chance(rng, 0.5):
            x = np.nextafter(x, rng.choice([-np.inf, np.inf], shape).astype(np.float32))
        if chance(rng, 0.3):
            x.reshape(-1)[rng.integers(x.size)] = rng.choice([0.0, -0.0, float(s) * 1e6, -float(s) * 1e6])
        return unary("QUANTIZE", x, (None,), (s, z), to, "float")
    x = every_value(rng, quant_type(rng))
    si, so, what = scale_pair(rng)
    zi = _middle(rng, x.dtype.name) if chance(rng, 0.6) else zero_point(rng, x.dtype.name)
    # The quantity that LiteRT clamps is what is left of the input's range around the output's middle.
    zo = _middle(rng, to) if chance(rng, 0.6) else zero_point(rng, to)
    if what == "random" and chance(rng, 0.3):
        so = si  # int8 to uint8 by the zero point alone
        zo = int(np.clip(zi + lo - limits(x.dtype.name)[0] + rng.choice([0, 0, 1]), lo, hi))
    return unary("QUANTIZE", x, (si, zi), (so, zo), to, what)


@generator("DEQUANTIZE", 40)
def dequantize(rng):
    x = every_value(rng, quant_type(rng))
    return unary("DEQUANTIZE", x, (scale(rng), zero_point(rng, x.dtype.name)), (None,), "float32", "", clamps=False)


@generator("CAST", 60)
def cast(rng):
    source, target = (str(v) for v in rng.choice(["int8", "uint8", "int32", "float32", "int64", "bool"], 2))
    shape = dims(rng, int(rng.integers(1, 5)))
    if source == "bool":
        x = rng.integers(0, 2, shape).astype(bool)
    elif source == "float32":
        # Values that the target can hold: the others are not defined.
        lo, hi = (0, 127) if target == "uint8" else (-127, 127)
        x = rng.uniform(lo, hi, shape).astype(np.float32)
        if chance(rng, 0.5):
            x = np.round(x * 2) / np.float32(2)
    elif source in ("int8", "uint8"):
        x = values(rng, shape, source)
    else:
        x = rng.integers(-70000, 70000, shape).astype(source)
    options = {"inDataType": DTYPES[source], "outDataType": DTYPES[target]}
    return unary("CAST", x, (None,), (None,), target, f"{source} to {target}", clamps=False, options=options)


def _relu_case(rng, op, options=None):
    x = every_value(rng, quant_type(rng))
    dtype = x.dtype.name
    lo, hi = limits(dtype)
    top = {"RELU6": 6.0, "RELU_N1_TO_1": 1.0, "RELU_0_TO_1": 1.0}.get(op)
    si, so, what = scale_pair(rng)
    if top is not None:
        # A range of the output that the top of the activation does not swallow.
        factor = np.float32(2.0 ** np.round(np.log2(top / (float(so) * rng.uniform(60, 250)))))
        si, so = np.float32(si * factor), np.float32(so * factor)
    # Mostly positive inputs: negative ones are all alike.
    zi = int(rng.integers(lo, lo + 60)) if chance(rng, 0.8) else zero_point(rng, dtype)
    zo = int(rng.integers(lo, lo + 60)) if chance(rng, 0.8) else zero_point(rng, dtype)
    return unary(op, x, (si, zi), (so, zo), dtype, what, options=options)


@generator("RELU", 60, arithmetic=True)
def relu(rng):
    return _relu_case(rng, "RELU")


@generator("RELU6", 60, arithmetic=True)
def relu6(rng):
    return _relu_case(rng, "RELU6")


@generator("RELU_N1_TO_1", 60, arithmetic=True)
def relu_n1_to_1(rng):
    return _relu_case(rng, "RELU_N1_TO_1")


@generator("RELU_0_TO_1", 50, arithmetic=True)
def relu_0_to_1(rng):
    return _relu_case(rng, "RELU_0_TO_1")


@generator("LEAKY_RELU", 90, arithmetic=True)
def leaky_relu(rng):
    x = every_value(rng, quant_type(rng))
    dtype = x.dtype.name
    si, so, what = scale_pair(rng)
    alpha = float(np.float32(rng.choice([0.1, 0.2, 0.3, 0.01, 0.5, 0.25, 0.125, 1.0, rng.uniform(0, 1.5), -0.5])))
    if what == "directed scale" and chance(rng, 0.7):
        # The negative side's scale, si * alpha / so, beside a tie.
        for _ in range(100):
            si, x0 = scale(rng, -8, 0), int(rng.integers(1, 128))
            alpha = float(np.float32(rng.uniform(0.05, 1)))
            so = np.float32(float(si) * alpha * x0 / (float(rng.integers(0, 100)) + 0.5))
            one = rescale.twice(-x0, np.float32(np.float32(si * np.float32(alpha)) / so))
            if one != rescale.twice(-x0, float(si) * alpha / float(so)):
                break
    return unary("LEAKY_RELU", x, (si, _middle(rng, dtype)), (so, _middle(rng, dtype)), dtype, what, options={"alpha": alpha})


def _sigmoid_case(rng, op):
    x = every_value(rng, quant_type(rng))
    dtype = x.dtype.name
    lo, hi = limits(dtype)
    si = np.float32(2.0 ** rng.uniform(-9, -4.3)) if chance(rng, 0.8) else scale(rng, -10, 2)
    if chance(rng, 0.3):
        si = np.float32(2.0 ** rng.integers(-8, -3))
    zi = _middle(rng, dtype) if chance(rng, 0.7) else zero_point(rng, dtype)
    quant = (np.float32(1 / 256), lo) if op == "LOGISTIC" else (np.float32(1 / 128), (lo + hi + 1) // 2)
    return unary(op, x, (si, zi), quant, dtype, "")


@generator("LOGISTIC", 60, arithmetic=True)
def logistic(rng):
    return _sigmoid_case(rng, "LOGISTIC")


@generator("TANH", 60, arithmetic=True)
def tanh(rng):
    return _sigmoid_case(rng, "TANH")


@generator("HARD_SWISH", 90, arithmetic=True)
def hard_swish(rng):
    x = every_value(rng, quant_type(rng))
    dtype = x.dtype.name
    lo, hi = limits(dtype)
    # From fractions of the bend to far beyond it.
    si = np.float32(2.0 ** rng.uniform(-8, -3)) if chance(rng, 0.8) else scale(rng, -10, 1)
    if chance(rng, 0.3):
        si = np.float32(2.0 ** rng.integers(-8, -2))
    zi = _middle(rng, dtype) if chance(rng, 0.7) else zero_point(rng, dtype)
    so = np.float32(si * np.float32(rng.choice([1, 0.5, 0.75, 2.0 ** rng.uniform(-2, 1)])))
    zo = int(rng.integers(lo, lo + 120)) if chance(rng, 0.8) else zero_point(rng, dtype)
    return unary("HARD_SWISH", x, (si, zi), (so, zo), dtype, "")


def _rows(rng, dtype, largest):
    depth = int(rng.integers(1, 12)) if chance(rng, 0.6) else int(rng.integers(1, largest))
    outer = dims(rng, int(rng.integers(1, 4)), 4, 24)
    x = values(rng, outer + [depth], dtype)
    return x, depth


@generator("SOFTMAX", 90, arithmetic=True)
def softmax(rng):
    dtype = quant_type(rng)
    lo, _ = limits(dtype)
    x, depth = _rows(rng, dtype, 200)  # 512 equal logits would abort the golden
    # The flatter the distribution, the fewer outputs are 0; large scales are the exception.
    si = np.float32(2.0 ** rng.uniform(-12, -6)) if chance(rng, 0.75) else scale(rng, -6, 1)
    beta = float(np.float32(rng.choice([1.0, 1.0, 1.0, 0.5, 2.0, rng.uniform(0.1, 3)])))
    return unary("SOFTMAX", x, (si, zero_point(rng, dtype)), (np.float32(1 / 256), lo), dtype, "",
                 options={"beta": beta})


@generator("LOG_SOFTMAX", 70, arithmetic=True)
def log_softmax(rng):
    dtype = quant_type(rng)
    _, hi = limits(dtype)
    x, depth = _rows(rng, dtype, 200)
    si = np.float32(2.0 ** rng.uniform(-9, -3)) if chance(rng, 0.8) else scale(rng, -8, 1)
    return unary("LOG_SOFTMAX", x, (si, zero_point(rng, dtype)), (np.float32(16 / 256), hi), dtype, "")


@generator("ABS", 60, arithmetic=True)
def abs_(rng):
    x = every_value(rng, "int8")
    si, so, what = scale_pair(rng)
    if chance(rng, 0.3):
        so, what = si, "equal scales"
    zo = int(rng.integers(-128, -60)) if what != "equal scales" or chance(rng, 0.5) else zero_point(rng, "int8")
    return unary("ABS", x, (si, _middle(rng, "int8")), (so, zo), "int8", what)


def _function_case(rng, op, dtypes, out_scale, options=None):
    """An operator that LiteRT evaluates in float for each stored value."""
    x = every_value(rng, str(rng.choice(dtypes)))
    dtype = x.dtype.name
    si = np.float32(2.0 ** rng.uniform(-8, -4))
    if chance(rng, 0.3):
        si = np.float32(2.0 ** rng.integers(-8, -3))
    return unary(op, x, (si, _middle(rng, dtype)), (out_scale(si), _middle(rng, dtype)), dtype, "", options=options)


@generator("ELU", 40, arithmetic=True)
def elu(rng):
    case = _function_case(rng, "ELU", ["int8"], lambda si: np.float32(si * np.float32(2.0 ** rng.uniform(-1, 1))))
    case.optimized = True
    return case


@generator("GELU", 40, arithmetic=True)
def gelu(rng):
    return _function_case(rng, "GELU", ["int8", "uint8"], lambda si: np.float32(si * np.float32(2.0 ** rng.uniform(-1, 1))),
                          {"approximate": chance(rng, 0.5)})


@generator("EXP", 40, arithmetic=True)
def exp(rng):
    return _function_case(rng, "EXP", ["int8"], lambda si: np.float32(np.exp(60 * float(si)) / rng.uniform(40, 120)))


@generator("RSQRT", 40, arithmetic=True)
def rsqrt(rng):
    x = values(rng, dims(rng, int(rng.integers(1, 5))), "int8")
    si = scale(rng, -8, 0)
    so = np.float32(1 / np.sqrt(float(si) * rng.uniform(2, 60)) / rng.uniform(40, 100))
    return unary("RSQRT", x, (si, -128), (so, int(rng.integers(-128, -60))), "int8", "")


@generator("NEG", 20)
def neg(rng):
    dtype = str(rng.choice(["float32", "int32"]))
    x = rng.normal(0, 1000, dims(rng, int(rng.integers(1, 5)))).astype(dtype)
    return unary("NEG", x, (None,), (None,), dtype, dtype, clamps=False)
