# SPDX-License-Identifier: MIT
"""Full-integer int8 quantization of a folded float network, from sample inputs.

The rules are TFLite's: activations int8 with a zero point; weights int8, symmetric,
a scale for each output channel; biases int32 in units of input scale times weight
scale; operators that only move values have equal scales on both sides.  A weight that
is zero stays zero.
"""
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from models.flat import OP, OP_NAMES, TYPE, Model

# Operators with weights: (input of the data, of the weights, of the bias, axis of the
# output channels, or None for one scale).
WEIGHTED = {
    OP.CONV_2D: (0, 1, 2, 0),
    OP.DEPTHWISE_CONV_2D: (0, 1, 2, 3),
    OP.FULLY_CONNECTED: (0, 1, 2, None),
    OP.TRANSPOSE_CONV: (2, 1, 3, 0),
}
# Operators whose int8 kernels do not rescale.
MOVES = (OP.PAD, OP.RESHAPE, OP.MAX_POOL_2D, OP.AVERAGE_POOL_2D, OP.RESIZE_BILINEAR,
         OP.CONCATENATION, OP.DEPTH_TO_SPACE)
# Operators whose int8 kernels want one particular output scale and zero point.
FIXED = {OP.LOGISTIC: (1 / 256, -128), OP.SOFTMAX: (1 / 256, -128), OP.TANH: (1 / 128, 0)}
# Version of each operator that takes int8.
VERSIONS = {
    OP.CONV_2D: 3, OP.DEPTHWISE_CONV_2D: 3, OP.FULLY_CONNECTED: 4, OP.TRANSPOSE_CONV: 3,
    OP.PAD: 2, OP.RESHAPE: 1, OP.MAX_POOL_2D: 2, OP.AVERAGE_POOL_2D: 2, OP.RESIZE_BILINEAR: 3,
    OP.CONCATENATION: 2, OP.DEPTH_TO_SPACE: 1, OP.LOGISTIC: 2, OP.SOFTMAX: 2, OP.TANH: 2,
    OP.ADD: 2, OP.MUL: 2, OP.MEAN: 2, OP.PRELU: 1, OP.HARD_SWISH: 1, OP.RELU: 2,
}


def observe(model, samples, rule):
    """Runs the float network on the samples: {tensor: (smallest, largest)}.

    rule says how the extremes of the samples become one range: "mean", their averages,
    which drops outliers, or "all", the extremes over all samples.  The reference
    kernels are slow, and give the same values on every processor.
    """
    runner = Interpreter(model_content=model.pack(), num_threads=1,
                         experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                         experimental_preserve_all_tensors=True)
    runner.allocate_tensors()
    wanted = [i for i, tensor in enumerate(model.graph.tensors)
              if tensor.type == TYPE.FLOAT32 and model.constant(i) is None]
    low, high = [], []
    for sample in samples:
        runner.set_tensor(int(model.graph.inputs[0]), sample)
        runner.invoke()
        values = [runner.get_tensor(i) for i in wanted]
        low.append([float(v.min()) for v in values])
        high.append([float(v.max()) for v in values])
    low, high = np.array(low), np.array(high)
    if rule == "mean":
        low, high = low.mean(0), high.mean(0)
    else:
        low, high = low.min(0), high.max(0)
    return {i: (low[n], high[n]) for n, i in enumerate(wanted)}


class Groups:
    """Tensors that must have one scale: a union-find over tensor indices."""

    def __init__(self, count):
        self.parent = list(range(count))

    def find(self, index):
        while self.parent[index] != index:
            index = self.parent[index] = self.parent[self.parent[index]]
        return index

    def join(self, a, b):
        self.parent[self.find(a)] = self.find(b)


def activation_scales(model, ranges, pixel_range, clip):
    """Scale and zero point of each activation: {tensor: (scale, zero point)}.

    clip gives an output of the network, by its position, a range by hand.
    """
    groups, fixed = Groups(len(model.graph.tensors)), {}
    for operator in model.operators:
        code = model.code(operator)
        if code in MOVES:
            for index in operator.inputs:
                if index in ranges:
                    groups.join(int(index), int(operator.outputs[0]))
        if code in FIXED:
            fixed[int(operator.outputs[0])] = FIXED[code]

    members = {}
    for index in ranges:
        members.setdefault(groups.find(index), []).append(index)
    extent = {root: (min(ranges[i][0] for i in indices), max(ranges[i][1] for i in indices))
              for root, indices in members.items()}
    extent[groups.find(int(model.graph.inputs[0]))] = pixel_range
    producers = model.producers()
    for position, limits in clip.items():
        index = int(model.graph.outputs[position])
        if index in fixed:      # what matters is the range of what goes in
            index = int(producers[index].inputs[0])
        extent[groups.find(index)] = limits

    scales = {}
    for root, (low, high) in extent.items():
        low, high = min(low, 0.0), max(high, 0.0)
        scale = np.float32(max(high - low, 1e-8) / 255)
        zero = int(np.clip(np.round(-128 - low / scale), -128, 127))
        for index in members[root]:
            scales[index] = (scale, zero)
    for index, (scale, zero) in fixed.items():
        if len(members[groups.find(index)]) > 1:
            raise ValueError(f"tensor {index} has a fixed scale and is moved unchanged")
        scales[index] = (np.float32(scale), zero)
    return scales


def set_quantization(tensor, scale, zero, axis=0):
    quantization = schema.QuantizationParametersT()
    quantization.scale = [float(s) for s in np.atleast_1d(scale)]
    quantization.zeroPoint = [int(z) for z in np.atleast_1d(zero)]
    quantization.quantizedDimension = axis
    tensor.quantization = quantization


def quantize_weights(model, operator, scales):
    data, weights, bias, axis = WEIGHTED[model.code(operator)]
    data, weights = int(operator.inputs[data]), int(operator.inputs[weights])
    bias = int(operator.inputs[bias]) if len(operator.inputs) > bias else -1
    w = model.constant(weights).astype(np.float64)
    b = model.constant(bias).astype(np.float64) if bias >= 0 else np.zeros(1)
    others = tuple(d for d in range(w.ndim) if d != axis)
    largest = np.abs(w).max(axis=others if axis is not None else None)
    scale = largest / 127
    # The bias must fit in 32 bits too, with room for the sum of products.
    reach = np.abs(b) if axis is not None else np.abs(b).max()
    scale = np.maximum(scale, reach / (float(scales[data][0]) * 2.0 ** 29))
    scale = np.atleast_1d(np.where(scale > 0, scale, 1.0)).astype(np.float32)

    along = [1] * w.ndim
    if axis is not None:
        along[axis] = len(scale)
    q = np.round(w / scale.reshape(along)).clip(-127, 127).astype(np.int8)
    model.set_constant(weights, q)
    set_quantization(model.tensor(weights), scale, np.zeros(len(scale), int), axis or 0)
    if bias >= 0:
        unit = (scales[data][0] * scale).astype(np.float32)
        model.set_constant(bias, np.round(b / unit).astype(np.int32))
        set_quantization(model.tensor(bias), unit, np.zeros(len(unit), int))


def quantize_operand(model, index, symmetric):
    """A constant operand of PRELU or of an elementwise operator: one scale."""
    values = model.constant(index).astype(np.float64)
    if symmetric:
        scale, zero = np.float32(max(np.abs(values).max(), 1e-6) / 127), 0
    else:
        low, high = min(values.min(), 0.0), max(values.max(), 0.0)
        scale = np.float32(max(high - low, 1e-6) / 255)
        zero = int(np.round(-128 - low / scale))
    q = np.round(values / scale) + zero
    model.set_constant(index, q.clip(-127 if symmetric else -128, 127).astype(np.int8))
    set_quantization(model.tensor(index), scale, zero)


def separate(model):
    """Gives each operator constants of its own, since each gets its own scales."""
    seen = set()
    for operator in model.operators:
        inputs = [int(i) for i in operator.inputs]
        for place, index in enumerate(inputs):
            if index < 0 or model.constant(index) is None:
                continue
            if index in seen:
                name = model.tensor(index).name.decode()
                values = model.constant(index)
                inputs[place] = model.add_tensor(name, values.shape, values.dtype, values)
            seen.add(inputs[place])
        operator.inputs = inputs


def quantize(folded, samples, pixel_range, clip, rule):
    """The int8 network.  folded is what fold() returns, and is not changed."""
    model = Model(folded.pack())
    separate(model)
    ranges = observe(model, samples, rule)
    scales = activation_scales(model, ranges, pixel_range, clip)
    for operator in model.operators:
        code = model.code(operator)
        if code not in VERSIONS:
            raise ValueError(f"no int8 rule for {OP_NAMES[code]}")
        if code in WEIGHTED:
            quantize_weights(model, operator, scales)
        else:
            for index in operator.inputs:
                if (index >= 0 and model.tensor(index).type == TYPE.FLOAT32
                        and model.constant(index) is not None):
                    quantize_operand(model, int(index), code == OP.PRELU)
        operator.opcodeIndex = model.opcode(code, VERSIONS[code])
    for index, (scale, zero) in scales.items():
        model.tensor(index).type = TYPE.INT8
        set_quantization(model.tensor(index), scale, zero)
    left = [t.name.decode() for t in model.graph.tensors
            if t.type not in (TYPE.INT8, TYPE.INT32)]
    if left:
        raise ValueError(f"tensors that are still float: {left}")
    model.tidy()
    return model
