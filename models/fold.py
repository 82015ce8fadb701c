# SPDX-License-Identifier: MIT
"""Turns a float network as it is distributed into a plain float32 one.

Weights are stored as float16, some of them sparse, and are expanded by operators at
run time; a transposed convolution is an operator of MediaPipe's own; RELUs stand
alone.  Afterwards all weights are dense float32 constants, all operators are TFLite's,
and a RELU is part of the operator before it.
"""
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from models.flat import ACT, OP, TYPE

FUSABLE = (OP.CONV_2D, OP.DEPTHWISE_CONV_2D, OP.ADD, OP.SUB, OP.MUL, OP.FULLY_CONNECTED)
ACTIVATIONS = {OP.RELU: ACT.RELU, OP.RELU6: ACT.RELU6}


def densify(values, shape, sparsity):
    """Expands TFLite's sparse format: per dimension dense or compressed, with blocks.

    The stored dimensions are walked in traversal order; each level turns every
    position so far into its children.  coordinates[d] holds, for every position, its
    index along stored dimension d.
    """
    order = [int(d) for d in sparsity.traversalOrder]
    blocks = [] if sparsity.blockMap is None else [int(d) for d in sparsity.blockMap]
    coordinates = {}
    extent = {}
    position = np.zeros(1, np.int64)        # offset of each position at its level
    for dimension, level in zip(order, sparsity.dimMetadata):
        if level.format == schema.DimensionType.DENSE:
            size = int(level.denseSize)
            children = np.full(len(position), size)
            index = np.tile(np.arange(size), len(position))
            position = np.repeat(position * size, size) + index
            extent[dimension] = size
        else:
            segments = np.asarray(level.arraySegments.values, np.int64)
            first = segments[position]
            children = segments[position + 1] - first
            before = np.cumsum(children) - children
            position = np.arange(children.sum()) + np.repeat(first - before, children)
            index = np.asarray(level.arrayIndices.values, np.int64)[position]
        coordinates = {d: np.repeat(c, children) for d, c in coordinates.items()}
        coordinates[dimension] = index
    if len(position) != len(values):
        raise ValueError(f"{len(values)} values for {len(position)} positions")
    for number, dimension in enumerate(blocks):
        inner = len(shape) + number
        coordinates[dimension] = coordinates[dimension] * extent[inner] + coordinates[inner]
    out = np.zeros(shape, values.dtype)
    out[tuple(coordinates[d] for d in range(len(shape)))] = values[position]
    return out


def expand_weights(model):
    """Executes DENSIFY and DEQUANTIZE of constants."""
    kept = []
    for operator in model.operators:
        values = None
        if model.code(operator) in (OP.DENSIFY, OP.DEQUANTIZE):
            values = model.constant(operator.inputs[0])
        if values is None:
            kept.append(operator)
            continue
        source, target = int(operator.inputs[0]), int(operator.outputs[0])
        sparsity = model.tensor(source).sparsity
        if sparsity is not None:
            values = densify(values, model.shape(source), sparsity)
        if model.code(operator) == OP.DEQUANTIZE:
            if model.tensor(source).type != TYPE.FLOAT16:
                raise ValueError("DEQUANTIZE of a constant that is not float16")
            values = values.astype(np.float32)
        model.set_constant(target, values)
    model.graph.operators = kept


def replace_custom(model):
    """MediaPipe's transposed convolution with bias becomes TRANSPOSE_CONV."""
    for operator in model.operators:
        name = model.custom(operator)
        if name is None:
            continue
        if name != "Convolution2DTransposeBias":
            raise ValueError(f"unknown custom operator {name}")
        data, weights, bias = (int(i) for i in operator.inputs)
        raw = np.asarray(operator.customOptions, np.uint8).tobytes()
        # TfLiteTransposeConvParams: padding (SAME is 1), stride width, stride height.
        padding, width, height = np.frombuffer(raw[:12], np.int32)
        options = schema.TransposeConvOptionsT()
        options.padding = {1: schema.Padding.SAME, 2: schema.Padding.VALID}[int(padding)]
        options.strideW, options.strideH = int(width), int(height)
        shape = np.array(model.shape(operator.outputs[0]), np.int32)
        shape = model.add_tensor("transpose_conv_shape", shape.shape, np.int32, shape)
        operator.opcodeIndex = model.opcode(OP.TRANSPOSE_CONV, 3)
        operator.inputs = [shape, weights, data, bias]
        operator.builtinOptionsType = schema.BuiltinOptions.TransposeConvOptions
        operator.builtinOptions, operator.customOptions = options, None


def fuse_activations(model):
    readers, producers, kept = model.readers(), model.producers(), []
    for operator in model.operators:
        activation = ACTIVATIONS.get(model.code(operator))
        before = None if activation is None else producers.get(int(operator.inputs[0]))
        if (before is not None and readers[operator.inputs[0]] == 1
                and model.code(before) in FUSABLE
                and before.builtinOptions.fusedActivationFunction == ACT.NONE):
            before.builtinOptions.fusedActivationFunction = activation
            before.outputs = [int(operator.outputs[0])]
            producers[int(operator.outputs[0])] = before
        else:
            kept.append(operator)
    model.graph.operators = kept


def fold(model):
    expand_weights(model)
    replace_custom(model)
    fuse_activations(model)
    model.tidy()
