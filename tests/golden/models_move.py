# SPDX-License-Identifier: MIT
"""Generators: operators that move values without looking at them, of several types."""
import numpy as np

import rescale
from builder import DTYPES, Net
from cases import Case, chance, dims, generator, image, limits, scale, values, zero_point


class _Mover:
    """A data type with its quantization, and values of it."""

    def __init__(self, rng, dtypes=("int8", "int8", "uint8", "float32")):
        self.rng = rng
        self.dtype = str(rng.choice(dtypes))
        self.quant = (scale(rng), zero_point(rng, self.dtype)) if self.dtype in ("int8", "uint8") else (None,)

    def values(self, shape):
        if self.dtype in ("int8", "uint8"):
            return values(self.rng, shape, self.dtype)
        if self.dtype == "float32":
            return np.asarray(self.rng.normal(0, 100, shape), np.float32)
        return np.asarray(self.rng.integers(-10 ** 6, 10 ** 6, shape), self.dtype)

    def input(self, net, shape):
        return net.input(shape, self.dtype, *self.quant)

    def tensor(self, net, shape):
        return net.tensor(shape, self.dtype, *self.quant)


def _one_to_one(rng, op, shape, shape_out, parameters=(), mover=None, **options):
    """A model with one data input, one output, and constant parameter tensors behind the input."""
    mover = mover or _Mover(rng)
    net = Net(op.lower())
    t = mover.input(net, shape)
    constants = [net.ints(p) if not isinstance(p, np.ndarray) else net.const(p) for p in parameters]
    y = mover.tensor(net, shape_out)
    net.op(op, [t] + constants, [y], **options)
    net.output(y)
    return Case(net, [mover.values(shape)], mover.dtype)


def _factorize(rng, count, rank):
    """A random shape of a given number of elements."""
    shape = [1] * rank
    for p in (2, 3, 5, 7, 11, 13, 17, 19, 23):
        while count % p == 0:
            shape[int(rng.integers(rank))] *= p
            count //= p
    shape[int(rng.integers(rank))] *= count
    return shape


@generator("RESHAPE", 40)
def reshape(rng):
    mover = _Mover(rng, ("int8", "uint8", "float32", "int32"))
    shape = dims(rng, int(rng.integers(1, 6)), 8)
    out = _factorize(rng, int(np.prod(shape)), int(rng.integers(1, 6)))
    given = list(out)
    if chance(rng, 0.4):
        given[int(rng.integers(len(out)))] = -1
    if chance(rng, 0.25):  # the shape in the options only
        return _one_to_one(rng, "RESHAPE", shape, out, [], mover, newShape=given)
    return _one_to_one(rng, "RESHAPE", shape, out, [given], mover, newShape=given)


@generator("SQUEEZE", 30)
def squeeze(rng):
    shape = [1 if chance(rng, 0.5) else d for d in dims(rng, int(rng.integers(2, 6)), 6)]
    ones = [i for i, d in enumerate(shape) if d == 1]
    chosen = sorted(i for i in ones if chance(rng, 0.6))
    if len(chosen) == len(shape):
        chosen = chosen[1:]
    out = [d for i, d in enumerate(shape) if i not in (chosen or ones)]
    given = [i - len(shape) if chance(rng, 0.3) else i for i in chosen]
    return _one_to_one(rng, "SQUEEZE", shape, out, squeezeDims=given)


@generator("EXPAND_DIMS", 30)
def expand_dims(rng):
    shape = dims(rng, int(rng.integers(1, 5)))
    axis = int(rng.integers(len(shape) + 1))
    out = shape[:axis] + [1] + shape[axis:]
    given = axis - len(out) if chance(rng, 0.4) else axis
    return _one_to_one(rng, "EXPAND_DIMS", shape, out, [given if chance(rng, 0.5) else [given]])


@generator("TRANSPOSE", 50)
def transpose(rng):
    shape = dims(rng, int(rng.integers(1, 6)), 8)
    order = [int(v) for v in rng.permutation(len(shape))]
    given = [v - len(shape) if chance(rng, 0.1) else v for v in order]
    return _one_to_one(rng, "TRANSPOSE", shape, [shape[v] for v in order], [given])


@generator("SLICE", 50)
def slice_(rng):
    shape = dims(rng, int(rng.integers(1, 6)), 8)
    begin = [int(rng.integers(d)) for d in shape]
    out = [int(rng.integers(1, d - b + 1)) for d, b in zip(shape, begin)]
    given = [-1 if o == d - b and chance(rng, 0.6) else o for d, b, o in zip(shape, begin, out)]
    kind = str(rng.choice(["int32", "int32", "int64"]))
    return _one_to_one(rng, "SLICE", shape, out, [np.array(begin, kind), np.array(given, kind)])


@generator("STRIDED_SLICE", 80)
def strided_slice(rng):
    while True:
        case = _strided_slice(rng)
        if case is not None:
            return case


def _strided_slice(rng):
    rank = int(rng.integers(1, 5))
    shape = dims(rng, rank, 9)
    fancy = chance(rng, 0.25)
    begin, end, stride, slices = [], [], [], []
    masks = {"beginMask": 0, "endMask": 0, "ellipsisMask": 0, "newAxisMask": 0, "shrinkAxisMask": 0}
    axis = 0
    covered = int(rng.integers(1, rank + 1)) if chance(rng, 0.3) else rank
    skipped = 0
    if fancy and chance(rng, 0.5) and covered > 1:
        skipped = int(rng.integers(0, covered))
    at = int(rng.integers(covered - skipped + 1)) if fancy and chance(rng, 0.6) else -1
    place = 0
    used = False
    while axis < covered or (at == place and not used):
        bit = 1 << place
        if at == place and not used:
            used = True
            if skipped and covered == rank:  # LiteRT misreads an ellipsis that stands for no axis
                masks["ellipsisMask"] |= bit
                slices.append(Ellipsis)
                axis += skipped
            elif len(shape) < 4:
                masks["newAxisMask"] |= bit
                slices.append(None)
            else:
                return None
            begin.append(0)
            end.append(0)
            stride.append(1)
            place += 1
            continue
        d = shape[axis]
        b, e = int(rng.integers(-d, d)), int(rng.integers(-d - 1, d + 3))
        s = int(rng.choice([1, 1, 1, 2, 3, -1, -2]))
        if chance(rng, 0.2) and place < 8:
            masks["shrinkAxisMask"] |= bit
            s, e = 1, (b + 1 if b != -1 else d)
            slices.append(b)
        else:
            first, last = b, e
            if chance(rng, 0.3):
                masks["beginMask"] |= bit
                first = None
            if chance(rng, 0.3):
                masks["endMask"] |= bit
                last = None
            slices.append(slice(first, last, s))
        begin.append(b)
        end.append(e)
        stride.append(s)
        axis += 1
        place += 1
    try:
        out = np.empty(shape, np.int8)[tuple(slices)].shape
    except IndexError:
        return None
    if 0 in out:
        return None
    return _one_to_one(rng, "STRIDED_SLICE", shape, list(out), [begin, end, stride],
                       _Mover(rng, ("int8", "int8", "uint8", "float32", "int32")), **masks)


def _pads(rng, rank, largest=4):
    return [[int(v) for v in rng.integers(0, largest, 2)] if chance(rng, 0.7) else [0, 0] for _ in range(rank)]


def _padded(shape, pads):
    return [d + a + b for d, (a, b) in zip(shape, pads)]


@generator("PAD", 50)
def pad(rng):
    shape = dims(rng, int(rng.integers(1, 6)), 6, 300)
    pads = _pads(rng, len(shape), 4 if len(shape) < 5 else 2)
    return _one_to_one(rng, "PAD", shape, _padded(shape, pads), [np.array(pads, str(rng.choice(["int32", "int64"])))])


@generator("PADV2", 40)
def padv2(rng):
    shape = dims(rng, int(rng.integers(1, 5)), 6, 300)
    pads = _pads(rng, len(shape))
    mover = _Mover(rng)
    net = Net("padv2")
    t = mover.input(net, shape)
    fill = mover.values([1]).reshape([] if chance(rng, 0.6) else [1])
    y = mover.tensor(net, _padded(shape, pads))
    net.op("PADV2", [t, net.ints(pads), net.const(fill, *mover.quant)], [y])
    net.output(y)
    return Case(net, [mover.values(shape)], mover.dtype)


@generator("MIRROR_PAD", 40)
def mirror_pad(rng):
    shape = dims(rng, int(rng.integers(1, 5)), 7, 300)
    reflect = chance(rng, 0.5)
    pads = [[int(v) for v in rng.integers(0, (d if reflect else d + 1), 2)] for d in shape]
    return _one_to_one(rng, "MIRROR_PAD", shape, _padded(shape, pads), [pads], mode=0 if reflect else 1)


@generator("CONCATENATION", 140, arithmetic=True)
def concatenation(rng):
    rank = int(rng.integers(1, 5))
    axis = int(rng.integers(rank))
    parts = int(rng.integers(1, 6))
    base = dims(rng, rank, 6, 200)
    unequal = chance(rng, 0.6)
    mover = _Mover(rng, ("uint8",) if unequal else ("int8", "int8", "uint8", "float32", "int32"))
    net = Net("concatenation")
    inputs, arrays, total = [], [], 0
    so, zo = mover.quant if len(mover.quant) == 2 else (None, 0)
    for _ in range(parts):
        shape = list(base)
        shape[axis] = int(rng.integers(1, 7))
        total += shape[axis]
        x = mover.values(shape)
        if unequal:
            # Rescaled; some to ties, some with the output's own scale.
            kind = rng.integers(4)
            ratio = rescale.tie_scale(rng) if kind < 2 else 2.0 ** rng.uniform(-3, 1)
            s = np.float32(float(so) * ratio) if kind else so
            z = int(np.clip(zo + rng.integers(-40, 41), 0, 255))
            inputs.append(net.input(shape, "uint8", s, z))
            arrays.append(x)
        elif chance(rng, 0.2):
            inputs.append(net.const(x, *mover.quant))
        else:
            inputs.append(mover.input(net, shape))
            arrays.append(x)
    if not arrays:
        return concatenation(rng)
    shape = list(base)
    shape[axis] = total
    y = mover.tensor(net, shape)
    net.op("CONCATENATION", inputs, [y], axis=axis - rank if chance(rng, 0.3) else axis, fusedActivationFunction=0)
    net.output(y)
    return Case(net, arrays, "unequal scales" if unequal else mover.dtype, {y: limits("uint8")} if unequal else {})


def _many_outputs(rng, op, mover, shape, out_shapes, constants_of, **options):
    net = Net(op.lower())
    inputs = constants_of(net, mover.input(net, shape))
    outputs = [mover.tensor(net, s) for s in out_shapes]
    net.op(op, inputs, outputs, **options)
    net.output(*outputs)
    return Case(net, [mover.values(shape)], mover.dtype)


@generator("SPLIT", 40)
def split(rng):
    rank = int(rng.integers(1, 5))
    shape = dims(rng, rank, 5, 300)
    axis, parts = int(rng.integers(rank)), int(rng.integers(1, 5))
    part = list(shape)
    shape[axis] *= parts
    given = axis - rank if chance(rng, 0.3) else axis
    return _many_outputs(rng, "SPLIT", _Mover(rng), shape, [part] * parts,
                         lambda net, t: [net.ints(given if chance(rng, 0.5) else [given]), t], numSplits=parts)


@generator("SPLIT_V", 40)
def split_v(rng):
    rank = int(rng.integers(1, 5))
    shape = dims(rng, rank, 5, 300)
    axis = int(rng.integers(rank))
    sizes = [int(v) for v in rng.integers(1, 5, int(rng.integers(1, 5)))]
    shape[axis] = sum(sizes)
    outs = [shape[:axis] + [s] + shape[axis + 1:] for s in sizes]
    given = list(sizes)
    if chance(rng, 0.4):
        given[int(rng.integers(len(given)))] = -1
    a = axis - rank if chance(rng, 0.3) else axis
    return _many_outputs(rng, "SPLIT_V", _Mover(rng), shape, outs,
                         lambda net, t: [t, net.ints(given), net.ints(a if chance(rng, 0.5) else [a])], numSplits=len(sizes))


@generator("UNPACK", 40)
def unpack(rng):
    rank = int(rng.integers(1, 5))
    shape = dims(rng, rank, 5, 300)
    axis = int(rng.integers(rank))
    out = shape[:axis] + shape[axis + 1:]
    return _many_outputs(rng, "UNPACK", _Mover(rng, ("int8", "uint8", "float32", "int32")), shape, [out] * shape[axis],
                         lambda net, t: [t], num=shape[axis], axis=axis - rank if chance(rng, 0.3) else axis)


@generator("PACK", 40)
def pack(rng):
    shape = dims(rng, int(rng.integers(0, 4)), 6, 200)
    parts = int(rng.integers(1, 6))
    axis = int(rng.integers(len(shape) + 1))
    mover = _Mover(rng, ("int8", "uint8", "float32", "int32"))
    net = Net("pack")
    inputs = [mover.input(net, shape) for _ in range(parts)]
    out = shape[:axis] + [parts] + shape[axis:]
    y = mover.tensor(net, out)
    net.op("PACK", inputs, [y], valuesCount=parts, axis=axis - len(out) if chance(rng, 0.3) else axis)
    net.output(y)
    return Case(net, [mover.values(shape) for _ in range(parts)], mover.dtype)


@generator("DEPTH_TO_SPACE", 40)
def depth_to_space(rng):
    n, h, w, c = image(rng, 5, 5)
    b = int(rng.integers(1, 5))
    return _one_to_one(rng, "DEPTH_TO_SPACE", [n, h, w, c * b * b], [n, h * b, w * b, c], blockSize=b)


@generator("SPACE_TO_DEPTH", 40)
def space_to_depth(rng):
    n, h, w, c = image(rng, 5, 5)
    b = int(rng.integers(1, 5))
    return _one_to_one(rng, "SPACE_TO_DEPTH", [n, h * b, w * b, c], [n, h, w, c * b * b], blockSize=b)


@generator("SPACE_TO_BATCH_ND", 40)
def space_to_batch_nd(rng):
    n, h, w, c = image(rng, 4, 5)
    spatial = [h, w] if chance(rng, 0.7) else [h]
    block = [int(v) for v in rng.integers(1, 4, len(spatial))]
    sizes, pads = [], []
    for d, b in zip(spatial, block):
        before = int(rng.integers(0, b * d))
        after = int(rng.integers(0, b * d - before))
        sizes.append(d * b - before - after)
        pads.append([before, after])
    return _one_to_one(rng, "SPACE_TO_BATCH_ND", [n] + sizes + [c], [n * int(np.prod(block))] + spatial + [c], [block, pads])


@generator("BATCH_TO_SPACE_ND", 40)
def batch_to_space_nd(rng):
    n, h, w, c = image(rng, 4, 5)
    spatial = [h, w] if chance(rng, 0.7) else [h]
    block = [int(v) for v in rng.integers(1, 4, len(spatial))]
    sizes, crops = [], []
    for d, b in zip(spatial, block):
        before = int(rng.integers(0, d * b))
        after = int(rng.integers(0, d * b - before))
        sizes.append(d * b - before - after)
        crops.append([before, after])
    return _one_to_one(rng, "BATCH_TO_SPACE_ND", [n * int(np.prod(block))] + spatial + [c], [n] + sizes + [c], [block, crops])


@generator("GATHER", 50)
def gather(rng):
    rank = int(rng.integers(1, 5))
    shape = dims(rng, rank, 7, 300)
    axis = int(rng.integers(rank))
    batch = int(rng.integers(0, axis + 1)) if chance(rng, 0.3) else 0
    index_shape = shape[:batch] + dims(rng, int(rng.integers(0, 3)), 4)
    mover = _Mover(rng, ("int8", "int8", "uint8", "float32", "int32"))
    net = Net("gather")
    t = mover.input(net, shape)
    indices = np.asarray(rng.integers(0, shape[axis], index_shape), str(rng.choice(["int32", "int64"])))
    arrays = [mover.values(shape)]
    if chance(rng, 0.5):
        i = net.const(indices)
    else:
        i = net.input(index_shape, indices.dtype.name)
        arrays.append(indices)
    out = shape[:axis] + index_shape[batch:] + shape[axis + 1:]
    y = mover.tensor(net, out)
    net.op("GATHER", [t, i], [y], axis=axis - rank if chance(rng, 0.3) else axis, batchDims=batch)
    net.output(y)
    return Case(net, arrays, mover.dtype)


@generator("TILE", 30)
def tile(rng):
    shape = dims(rng, int(rng.integers(1, 5)), 5, 60)
    times = [int(v) for v in rng.integers(1, 4, len(shape))]
    return _one_to_one(rng, "TILE", shape, [d * t for d, t in zip(shape, times)],
                       [np.array(times, str(rng.choice(["int32", "int64"])))])


@generator("BROADCAST_TO", 30)
def broadcast_to(rng):
    out = dims(rng, int(rng.integers(1, 6)), 6)
    shape = [1 if chance(rng, 0.4) else d for d in out][int(rng.integers(len(out))):]
    return _one_to_one(rng, "BROADCAST_TO", shape, out, [out], _Mover(rng, ("int8", "uint8", "float32", "int32")))


@generator("REVERSE_V2", 30)
def reverse_v2(rng):
    rank = int(rng.integers(1, 5))
    first = int(rng.integers(rank))
    axes = list(range(first, int(rng.integers(first, rank)) + 1))
    shape = dims(rng, rank, 7)
    given = [a - rank if chance(rng, 0.2) else a for a in axes]
    return _one_to_one(rng, "REVERSE_V2", shape, shape, [given])


@generator("SHAPE", 20)
def shape_of(rng):
    mover = _Mover(rng)
    shape = dims(rng, int(rng.integers(1, 6)))
    result = str(rng.choice(["int32", "int64"]))
    net = Net("shape")
    t = mover.input(net, shape)
    y = net.tensor([len(shape)], result)
    net.op("SHAPE", [t], [y], outType=DTYPES[result])
    net.output(y)
    return Case(net, [mover.values(shape)], mover.dtype)
