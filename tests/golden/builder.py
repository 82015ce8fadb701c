# SPDX-License-Identifier: MIT
"""Builds small .tflite files: tensors with quantization, constants, operators with options.

    net = Net("demo")
    x = net.input([1, 4, 4, 3], "int8", 0.5, -3)
    w = net.const(weights, scale=[...], zero=[...], axis=0)
    y = net.tensor([1, 4, 4, 8], "int8", 0.25, 7)
    net.op("CONV_2D", [x, w], [y], strideH=1, strideW=1)
    net.output(y)
    data = net.pack()
"""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

# What a data type is called in numpy, in the schema, and how this code calls it: the numpy name.
DTYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "bool": schema.TensorType.BOOL,
}

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACT = {
    "NONE": schema.ActivationFunctionType.NONE,
    "RELU": schema.ActivationFunctionType.RELU,
    "RELU_N1_TO_1": schema.ActivationFunctionType.RELU_N1_TO_1,
    "RELU6": schema.ActivationFunctionType.RELU6,
}

# Operators whose options table is not named after them in CamelCase.
_OPTIONS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "PADV2": "PadV2Options",
    "BATCH_TO_SPACE_ND": "BatchToSpaceNDOptions",
    "SPACE_TO_BATCH_ND": "SpaceToBatchNDOptions",
    "REVERSE_V2": "ReverseV2Options",
    # These have no options at all.
    "RELU": None,
    "RELU6": None,
    "RELU_N1_TO_1": None,
    "RELU_0_TO_1": None,
    "PRELU": None,
    "LOGISTIC": None,
    "TANH": None,
    "ELU": None,
    "RSQRT": None,
}

# The version that the operator had when the type (or option) used here came in.  A
# reader may refuse an operator of a version that it does not know, so these are minimal.
_VERSION_INT8 = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "TRANSPOSE_CONV": 3,
    "QUANTIZE": 1, "DEQUANTIZE": 2, "SPLIT_V": 2, "SQUEEZE": 1, "EXPAND_DIMS": 1, "RESHAPE": 1,
    "HARD_SWISH": 1, "PRELU": 1, "DEPTH_TO_SPACE": 1, "SPACE_TO_DEPTH": 2, "CAST": 1,
    "REVERSE_V2": 2, "MIRROR_PAD": 2, "SQUARED_DIFFERENCE": 2, "TILE": 2,
    "GELU": 1, "NEG": 1, "SHAPE": 1, "RELU_N1_TO_1": 1, "RELU_0_TO_1": 1, "ELU": 1,
}


def _options_name(op):
    if op in _OPTIONS:
        return _OPTIONS[op]
    return "".join(word.capitalize() for word in op.split("_")) + "Options"


def default_version(op, dtypes, options, weights_quant_dim):
    """The operator version for the types of its tensors (names of numpy types)."""
    if op == "DEPTHWISE_CONV_2D" and "int8" not in dtypes:
        return 2 if max(options.get("dilationHFactor", 1), options.get("dilationWFactor", 1)) > 1 else 1
    if op == "FULLY_CONNECTED":
        if weights_quant_dim:
            return 12
        return 5 if options.get("keepNumDims") else (4 if "int8" in dtypes else 1)
    if op == "CONV_2D" and "int8" in dtypes and weights_quant_dim:
        return 5
    if op == "TRANSPOSE_CONV":
        return 4 if options.get("fusedActivationFunction") else 3
    if op == "QUANTIZE" and "float32" not in dtypes:
        return 2
    if op == "RESIZE_BILINEAR" or op == "RESIZE_NEAREST_NEIGHBOR":
        if options.get("halfPixelCenters") or (op == "RESIZE_NEAREST_NEIGHBOR" and options.get("alignCorners")):
            return 3
        return 2 if "int8" in dtypes else 1
    if op == "BROADCAST_TO":
        return 2
    if "int8" in dtypes:
        return _VERSION_INT8.get(op, 2)
    return 1


class Net:
    """One model with one subgraph."""

    def __init__(self, name):
        self.name = name
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = name.encode()
        self.model.operatorCodes = []
        empty = schema.BufferT()
        empty.data = None
        self.model.buffers = [empty]
        graph = schema.SubGraphT()
        graph.name = b"main"
        graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
        self.graph = graph
        self.model.subgraphs = [graph]
        self._codes = {}
        self.dtypes = []  # by tensor: numpy name
        self.shapes = []
        self.quants = []	# by tensor: (scale, zero point) of a per-tensor quantization, or None

    def tensor(self, shape, dtype, scale=None, zero=0, axis=0, data=None, name=None):
        """Adds a tensor and returns its index.  A list of scales makes it per channel."""
        t = schema.TensorT()
        t.shape = np.asarray([int(d) for d in shape], np.int32)
        t.hasRank = True
        t.type = DTYPES[dtype]
        index = len(self.graph.tensors)
        t.name = (name or f"t{index}").encode()
        t.buffer = 0
        if data is not None:
            data = np.ascontiguousarray(data, dtype)
            if data.size != int(np.prod(shape, dtype=np.int64)):
                raise ValueError(f"{self.name}: tensor {index}: {data.size} values for shape {shape}")
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            t.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if scale is not None:
            q = schema.QuantizationParametersT()
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            q.scale = scales
            q.zeroPoint = np.broadcast_to(np.atleast_1d(np.asarray(zero, np.int64)), scales.shape).copy()
            q.quantizedDimension = axis
            t.quantization = q
            self.quants.append((scales[0], int(q.zeroPoint[0])) if scales.size == 1 else None)
        else:
            self.quants.append(None)
        self.graph.tensors.append(t)
        self.dtypes.append(dtype)
        self.shapes.append([int(d) for d in shape])
        return index

    def input(self, shape, dtype, scale=None, zero=0, name=None):
        index = self.tensor(shape, dtype, scale, zero, name=name)
        self.graph.inputs.append(index)
        return index

    def const(self, data, scale=None, zero=0, axis=0, name=None):
        """A constant of the shape and type of a numpy array."""
        return self.tensor(data.shape, data.dtype.name, scale, zero, axis, data, name)

    def ints(self, values, dtype="int32"):
        """A vector (or, from an int, a scalar) of parameters: axes, sizes, paddings."""
        return self.const(np.asarray(values, dtype))

    def output(self, *indices):
        self.graph.outputs.extend(indices)

    def op(self, op, inputs, outputs, version=None, **options):
        """Adds an operator; options are the members of its options table."""
        dtypes = {self.dtypes[i] for i in list(inputs) + list(outputs) if i >= 0}
        per_channel = len(inputs) > 1 and inputs[1] >= 0 and self.graph.tensors[inputs[1]].quantization \
            is not None and len(self.graph.tensors[inputs[1]].quantization.scale) > 1
        if version is None:
            version = default_version(op, dtypes, options, per_channel)
        key = (op, version)
        if key not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode = getattr(schema.BuiltinOperator, op)
            # Readers older than the 32-bit field look at this one; 127 sends them there.
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.version = version
            self._codes[key] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(code)
        o = schema.OperatorT()
        o.opcodeIndex = self._codes[key]
        o.inputs = list(inputs)
        o.outputs = list(outputs)
        name = _options_name(op)
        if name is not None:
            table = getattr(schema, name + "T")()
            for member, value in options.items():
                if not hasattr(table, member):
                    raise ValueError(f"{name} has no {member}")
                setattr(table, member, value)
            o.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            o.builtinOptions = table
        elif options:
            raise ValueError(f"{op} has no options")
        self.graph.operators.append(o)

    def pack(self):
        """The file's bytes."""
        builder = flatbuffers.Builder(4096)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
