#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the small .tflite files that the fuzzer starts from and the unit tests read.

    make_seeds.py [FOLDER]      default: the folder of this script

seeds/ are networks that load, all operators among them; refused/ are files with one thing
wrong each, of which test_tflite.c knows the message.  They are committed, so that neither a
unit test nor the fuzzer needs Python.
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))
from builder import ACT, SAME, VALID, Net, schema  # noqa: E402

RNG = np.random.default_rng(1)
SEEDS, REFUSED = {}, {}


def weights(*shape, dtype="int8"):
    low, high = {"int8": (-127, 128), "uint8": (0, 256)}[dtype]
    return RNG.integers(low, high, shape).astype(dtype)


def bias(n):
    return RNG.integers(-500, 500, n).astype("int32")


def seed(function):
    net = function()
    SEEDS[function.__name__] = net if isinstance(net, bytes) else net.pack()
    return function


def refused(function):
    net = function()
    REFUSED[function.__name__] = net if isinstance(net, bytes) else net.pack()
    return function


class Chain:
    """A network of int8 tensors, one operator after the other."""

    def __init__(self, name, shape, dtype="int8", scale=0.5, zero=-3):
        self.net, self.dtype, self.quant = Net(name), dtype, (scale, zero)
        self.x = self.net.input(shape, dtype, scale, zero, name="in")
        self.results = []

    def op(self, op, shape, extra=(), quant=None, before=(), dtype=None, keep=False, **options):
        """Appends an operator that makes a tensor of the shape; extra inputs follow the first."""
        quant = quant or self.quant
        y = self.net.tensor(shape, dtype or self.dtype, *quant, name=op.lower())
        self.net.op(op, list(before) + [self.x] + list(extra), [y], **options)
        if keep:
            self.results.append(y)
        else:
            self.x = y
            self.quant = quant
        return y

    def finish(self):
        self.net.output(*self.results, self.x)
        return self.net


def conv(chain, shape, kernel, op="CONV_2D", per_channel=True, act="NONE", quant=(0.4, 1), **options):
    n = shape[-1]
    axis = 3 if op == "DEPTHWISE_CONV_2D" else 0
    scales = [0.01 + 0.001 * i for i in range(n)] if per_channel else [0.01]
    w = chain.net.const(weights(*kernel), scales, 0, axis)
    b = chain.net.const(bias(n), [s * chain.quant[0] for s in scales], 0)
    options = {"strideH": 1, "strideW": 1, "padding": SAME, **options}
    return chain.op(op, shape, [w, b], quant, fusedActivationFunction=ACT[act], **options)


@seed
def classifier_int8():
    c = Chain("classifier_int8", [1, 8, 8, 3])
    conv(c, [1, 4, 4, 4], (4, 3, 3, 3), act="RELU6", strideH=2, strideW=2)
    skip = c.x
    conv(c, [1, 4, 4, 4], (1, 3, 3, 4), "DEPTHWISE_CONV_2D", depthMultiplier=1, act="RELU")
    conv(c, [1, 4, 4, 4], (4, 1, 1, 4))
    c.op("ADD", [1, 4, 4, 4], [skip], (0.45, 2), fusedActivationFunction=0)
    c.op("AVERAGE_POOL_2D", [1, 1, 1, 4], padding=VALID, strideH=4, strideW=4, filterHeight=4, filterWidth=4)
    c.op("RESHAPE", [1, 4], [c.net.ints([-1, 4])], newShape=np.asarray([-1, 4], np.int32))
    w = c.net.const(weights(6, 4), 0.02)
    c.op("FULLY_CONNECTED", [1, 6], [w, c.net.const(bias(6), 0.009)], (0.3, 5))
    c.op("SOFTMAX", [1, 6], quant=(1 / 256, -128), beta=1.0)
    return c.finish()


@seed
def classifier_uint8():
    c = Chain("classifier_uint8", [1, 6, 6, 2], "uint8", 0.02, 128)
    w = c.net.const(weights(4, 3, 3, 2, dtype="uint8"), 0.01, 121)
    c.op("CONV_2D", [1, 4, 4, 4], [w, c.net.const(bias(4), 0.0002)], (0.05, 100), padding=VALID,
         strideH=1, strideW=1, fusedActivationFunction=ACT["RELU6"])
    other = c.op("MAX_POOL_2D", [1, 4, 4, 4], quant=(0.05, 100), keep=True, padding=SAME, strideH=1, strideW=1,
                 filterHeight=2, filterWidth=2)
    w = c.net.const(weights(1, 3, 3, 4, dtype="uint8"), 0.03, 90)
    c.op("DEPTHWISE_CONV_2D", [1, 4, 4, 4], [w, c.net.const(bias(4), 0.0015)], (0.07, 110), padding=SAME,
         strideH=1, strideW=1, depthMultiplier=1)
    c.op("CONCATENATION", [1, 4, 4, 8], [other], (0.08, 120), axis=-1)
    w = c.net.const(weights(3, 128, dtype="uint8"), 0.01, 130)
    c.op("FULLY_CONNECTED", [1, 3], [w, -1], (0.2, 90))
    c.op("SOFTMAX", [1, 3], quant=(1 / 256, 0), beta=1.0)
    return c.finish()


@seed
def arithmetic():
    c = Chain("arithmetic", [1, 3, 3, 4])
    net = c.net
    vector = net.const(weights(4), 0.1, 5)
    scalar = net.const(weights(1), 0.2, -5)
    c.op("MUL", [1, 3, 3, 4], [vector], (0.3, 1))
    c.op("SUB", [1, 3, 3, 4], [scalar], (0.4, 0), fusedActivationFunction=ACT["RELU_N1_TO_1"])
    c.op("ADD", [1, 3, 3, 4], [vector], (0.5, 7), fusedActivationFunction=ACT["RELU"])
    c.op("SQUARED_DIFFERENCE", [1, 3, 3, 4], [vector], (0.6, -9))
    equal = net.const(weights(4), 0.6, -9)
    c.op("MAXIMUM", [1, 3, 3, 4], [equal])
    c.op("MINIMUM", [1, 3, 3, 4], [equal])
    c.op("ABS", [1, 3, 3, 4], quant=(0.6, -9))
    ints = net.input([2, 3], "int32", name="ints")
    total = net.tensor([2, 3], "int32")
    net.op("ADD", [ints, net.ints([1, 2, 3])], [total])
    net.output(total)
    real = net.input([2, 3], "float32", name="reals")
    quotient = net.tensor([2, 3], "float32")
    net.op("DIV", [real, net.const(np.asarray([2.5], np.float32))], [quotient])
    negative = net.tensor([2, 3], "float32")
    net.op("NEG", [quotient], [negative])
    net.output(negative)
    return c.finish()


@seed
def activations():
    c = Chain("activations", [1, 2, 2, 4])
    shape = [1, 2, 2, 4]
    c.op("RELU", shape, quant=(0.4, -128))
    c.op("RELU6", shape, quant=(0.03, -128))
    c.op("RELU_N1_TO_1", shape, quant=(0.01, 0))
    c.op("RELU_0_TO_1", shape, quant=(0.005, -100))
    c.op("LEAKY_RELU", shape, quant=(0.006, 0), alpha=0.25)
    c.op("PRELU", shape, [c.net.const(weights(1, 1, 4), 0.01, 3)], (0.007, 1))
    c.op("HARD_SWISH", shape, quant=(0.008, 2))
    c.op("TANH", shape, quant=(1 / 128, 0))
    c.op("ELU", shape, quant=(0.02, 4))
    c.op("GELU", shape, quant=(0.02, -10), approximate=True)
    c.op("EXP", shape, quant=(0.03, -128))
    c.op("RSQRT", shape, quant=(0.1, -128))
    c.op("LOGISTIC", shape, quant=(1 / 256, -128))
    c.op("LOG_SOFTMAX", shape, quant=(16 / 256, 127))
    return c.finish()


@seed
def moves():
    c = Chain("moves", [1, 4, 6, 4])
    net = c.net
    c.op("PAD", [1, 6, 8, 4], [net.ints([[0, 0], [1, 1], [2, 0], [0, 0]])])
    c.op("PADV2", [1, 7, 8, 4], [net.ints([[0, 0], [0, 1], [0, 0], [0, 0]]), net.const(weights(1), *c.quant)])
    c.op("MIRROR_PAD", [1, 7, 10, 4], [net.ints([[0, 0], [0, 0], [1, 1], [0, 0]], "int64")], mode=0)
    c.op("SLICE", [1, 6, 8, 4], [net.ints([0, 1, 2, 0]), net.ints([1, 6, -1, 4])])
    c.op("STRIDED_SLICE", [3, 8, 4], [net.ints([0, -1, 0]), net.ints([1, 0, 8]), net.ints([1, -2, 1])],
         shrinkAxisMask=1, endMask=2, beginMask=4)
    c.op("TRANSPOSE", [8, 3, 4], [net.ints([1, 0, 2])])
    parts = [net.tensor([4, 3, 4], "int8", *c.quant) for _ in range(2)]
    net.op("SPLIT", [net.ints(0), c.x], parts, numSplits=2)
    sized = [net.tensor([4, 1, 4], "int8", *c.quant), net.tensor([4, 2, 4], "int8", *c.quant)]
    net.op("SPLIT_V", [parts[0], net.ints([1, -1]), net.ints(-2)], sized, numSplits=2)
    c.x = sized[1]
    c.op("CONCATENATION", [4, 5, 4], [parts[1]], axis=1)
    rows = [net.tensor([5, 4], "int8", *c.quant) for _ in range(4)]
    net.op("UNPACK", [c.x], rows, axis=0, num=4)
    packed = net.tensor([5, 2, 4], "int8", *c.quant)
    net.op("PACK", [rows[0], rows[3]], [packed], axis=-2, valuesCount=2)
    net.output(rows[1], rows[2])
    c.x = packed
    c.op("EXPAND_DIMS", [1, 5, 2, 4], [net.ints(0)])
    c.op("SQUEEZE", [5, 2, 4], squeezeDims=np.asarray([0], np.int32))
    return c.finish()


@seed
def space():
    c = Chain("space", [1, 4, 4, 8])
    net = c.net
    c.op("DEPTH_TO_SPACE", [1, 8, 8, 2], blockSize=2)
    c.op("SPACE_TO_BATCH_ND", [4, 5, 4, 2], [net.ints([2, 2]), net.ints([[1, 1], [0, 0]])])
    c.op("BATCH_TO_SPACE_ND", [1, 8, 8, 2], [net.ints([2, 2]), net.ints([[1, 1], [0, 0]])])
    c.op("SPACE_TO_DEPTH", [1, 4, 4, 8], blockSize=2)
    c.op("RESIZE_BILINEAR", [1, 8, 6, 8], [net.ints([8, 6])], halfPixelCenters=True)
    c.op("RESIZE_NEAREST_NEIGHBOR", [1, 4, 4, 8], [net.ints([4, 4])], alignCorners=True)
    c.op("TILE", [1, 4, 8, 8], [net.ints([1, 1, 2, 1])])
    c.op("GATHER", [1, 3, 8, 8], [net.ints([3, 0, 1])], axis=1)
    c.op("REVERSE_V2", [1, 3, 8, 8], [net.ints([2])])
    c.op("BROADCAST_TO", [2, 3, 8, 8], [net.ints([2, 3, 8, 8])])
    return c.finish()


@seed
def reductions():
    c = Chain("reductions", [1, 5, 6, 4])
    net = c.net
    c.op("REDUCE_MAX", [1, 5, 4], [net.ints([2])], keep=True)
    c.op("REDUCE_MIN", [1, 1, 6, 4], [net.ints([-3])], keep=True, keepDims=True)
    c.op("SUM", [1, 6, 4], [net.ints([1])], (1.5, 0), keep=True)
    c.op("ARG_MAX", [1, 5, 6], [net.ints(-1)], (None,), keep=True, dtype="int32", outputType=schema.TensorType.INT32)
    c.op("ARG_MIN", [1, 6, 4], [net.ints(1, "int64")], (None,), keep=True, dtype="int64",
         outputType=schema.TensorType.INT64)
    c.op("MEAN", [1, 1, 1, 4], [net.ints([1, 2])], (0.2, -4), keepDims=True)
    return c.finish()


@seed
def float_edges():
    net = Net("float_edges")
    x = net.input([1, 6, 6, 1], "float32", name="image")
    q = net.tensor([1, 6, 6, 1], "int8", 0.1, 4)
    net.op("QUANTIZE", [x], [q])
    y = net.tensor([1, 3, 3, 2], "int8", 0.2, -4)
    w = net.const(weights(2, 3, 3, 1), [0.01, 0.02])
    net.op("CONV_2D", [q, w, net.const(bias(2), [0.001, 0.002])], [y], strideH=2, strideW=2, padding=SAME)
    u = net.tensor([1, 3, 3, 2], "uint8", 0.2, 124)
    net.op("QUANTIZE", [y], [u])
    d = net.tensor([1, 3, 3, 2], "float32")
    net.op("DEQUANTIZE", [u], [d])
    i = net.tensor([1, 3, 3, 2], "int32")
    net.op("CAST", [d], [i], inDataType=schema.TensorType.FLOAT32, outDataType=schema.TensorType.INT32)
    net.output(d, i)
    return net


@seed
def upscale():
    c = Chain("upscale", [1, 3, 3, 4])
    net = c.net
    w = net.const(weights(2, 3, 3, 4), [0.01, 0.02])
    c.op("TRANSPOSE_CONV", [1, 6, 6, 2], before=[net.ints([1, 6, 6, 2]), w], extra=[net.const(bias(2), [0.005, 0.01])],
         quant=(0.3, 2), strideH=2, strideW=2, padding=SAME)
    conv(c, [1, 4, 4, 4], (4, 3, 3, 1), padding=VALID)  # two groups
    return c.finish()


@seed
def open_batch():
    """As converters write Flatten for an open batch; the declared shapes behind it are placeholders."""
    net = Net("open_batch")
    x = net.input([1, 2, 2, 4], "int8", 0.5, 0, name="in")
    net.graph.tensors[x].shapeSignature = np.asarray([-1, 2, 2, 4], np.int32)
    shape = net.tensor([4], "int32")
    net.op("SHAPE", [x], [shape], outType=schema.TensorType.INT32)
    batch = net.tensor([], "int32")
    net.op("STRIDED_SLICE", [shape, net.ints([0]), net.ints([1]), net.ints([1])], [batch], shrinkAxisMask=1)
    target = net.tensor([2], "int32")
    net.op("PACK", [batch, net.ints(-1)], [target], valuesCount=2, axis=0)
    flat = net.tensor([1, 1], "int8", 0.5, 0)
    net.op("RESHAPE", [x, target], [flat])
    y = net.tensor([1, 3], "int8", 0.7, 1)
    net.op("FULLY_CONNECTED", [flat, net.const(weights(3, 16), [0.01, 0.02, 0.03]), net.const(bias(3))], [y])
    net.output(y)
    return net


@seed
def int16_and_float():
    net = Net("int16_and_float")
    x = net.input([1, 4, 4, 2], "int16", 0.001, 0, name="x")
    y = net.tensor([1, 4, 4, 2], "int16", 0.002, 0)
    b = net.const(np.asarray([5, -7], np.int64), [1e-5, 1e-5])
    net.op("CONV_2D", [x, net.const(weights(2, 1, 1, 2), [0.01, 0.01]), b], [y], version=4, strideH=1, strideW=1)
    net.output(y)
    x = net.input([1, 4, 4, 1], "float32", name="y")
    y = net.tensor([1, 2, 2, 2], "float32")
    w = net.const(RNG.normal(size=(1, 3, 3, 2)).astype("float32"))
    net.op("DEPTHWISE_CONV_2D", [x, w], [y], strideH=1, strideW=1, padding=VALID, depthMultiplier=2)
    net.output(y)
    return net


@seed
def old_and_new():
    """A single scale with a wild axis, old operator codes, data behind the flatbuffer, odd leftovers."""
    c = Chain("old_and_new", [1, 4, 4, 2])
    conv(c, [1, 4, 4, 2], (2, 3, 3, 2), per_channel=False)
    net = c.net
    for t in net.graph.tensors:
        if t.quantization is not None:
            t.quantization.quantizedDimension = 3
            t.quantization.min = [-1.0]
            t.quantization.max = [1.0]
    for code in net.model.operatorCodes:
        code.builtinCode = 0
    leftover = net.tensor([0], "float32", name="leftover")
    net.graph.tensors[leftover].type = schema.TensorType.FLOAT16
    wide = net.model.buffers[1]
    data = bytes(wide.data)
    wide.data, wide.size, wide.offset = None, len(data), 1 << 20
    wide.offset = (len(c.finish().pack()) + 15) // 16 * 16
    return net.pack().ljust(wide.offset, b"\0") + data


# ---- files that are refused ----------------------------------------------------


def one_conv(**options):
    c = Chain("one_conv", [1, 4, 4, 2])
    conv(c, [1, 4, 4, 2], (2, 1, 1, 2), **options)
    return c.finish()


def single(op, types=("int8", "int8"), **options):
    """One operator with one input, without regard to what makes sense."""
    net = Net("single")
    quant = {"int8": (0.5, 0)}
    x = net.input([2, 2], types[0], *quant.get(types[0], ()))
    y = net.tensor([2, 2], types[1], *quant.get(types[1], ()), name="result")
    net.op(op, [x], [y], **options)
    net.output(y)
    return net


@refused
def stride_0():
    return one_conv(strideH=0)


@refused
def custom_operator():
    net = single("RELU")
    code = net.model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = 32
    code.customCode = b"TFLite_Detection_PostProcess"
    return net


@refused
def control_flow():
    net = single("RELU")
    net.model.operatorCodes[0].builtinCode = schema.BuiltinOperator.WHILE
    return net


@refused
def recurrent():
    net = single("RELU")
    net.model.operatorCodes[0].builtinCode = schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
    return net


@refused
def state():
    net = single("RELU")
    net.model.operatorCodes[0].builtinCode = schema.BuiltinOperator.READ_VARIABLE
    return net


@refused
def future_operator():
    net = single("RELU")
    net.model.operatorCodes[0].builtinCode = 1000
    return net


@refused
def future_version():
    net = single("RELU")
    net.model.operatorCodes[0].version = 99
    return net


@refused
def float16():
    net = one_conv()
    net.graph.tensors[1].type = schema.TensorType.FLOAT16
    return net


@refused
def int4():
    net = one_conv()
    net.graph.tensors[1].type = schema.TensorType.INT4
    return net


@refused
def strings():
    net = single("RELU")
    net.graph.tensors[0].type = schema.TensorType.STRING
    return net


@refused
def variable():
    net = single("RELU")
    net.graph.tensors[0].isVariable = True
    return net


@refused
def sparse():
    net = one_conv()
    net.graph.tensors[1].sparsity = schema.SparsityParametersT()
    return net


@refused
def open_dimension():
    net = single("RELU")
    net.graph.tensors[0].shape = np.asarray([-1, 2], np.int32)
    return net


@refused
def empty_dimension():
    net = single("RELU")
    net.graph.tensors[0].shape = np.asarray([0, 2], np.int32)
    return net


@refused
def huge_tensor():
    net = single("RELU")
    net.graph.tensors[0].shape = np.asarray([65536, 65536], np.int32)
    return net


@refused
def rank_7():
    net = single("RELU")
    net.graph.tensors[0].shape = np.asarray([1] * 7, np.int32)
    return net


@refused
def scale_0():
    net = single("RELU")
    net.graph.tensors[0].quantization.scale = [0.0]
    return net


@refused
def scale_nan():
    net = single("RELU")
    net.graph.tensors[1].quantization.scale = [float("nan")]
    return net


@refused
def zero_point_200():
    net = single("RELU")
    net.graph.tensors[0].quantization.zeroPoint = [200]
    return net


@refused
def three_scales():
    net = one_conv()
    net.graph.tensors[1].quantization.scale = [0.1, 0.2, 0.3]
    net.graph.tensors[1].quantization.zeroPoint = [0, 0, 0]
    return net


@refused
def no_quantization():
    net = single("RELU")
    net.graph.tensors[1].quantization = None
    return net


@refused
def dynamic_range():
    net = single("RELU", ("float32", "float32"))
    net.graph.tensors[0].shape = np.asarray([1, 2], np.int32)
    w = net.const(weights(2, 2), 0.1)
    net.graph.operators.clear()
    net.op("FULLY_CONNECTED", [0, w], [1])
    return net


@refused
def short_data():
    net = one_conv()
    net.model.buffers[1].data = net.model.buffers[1].data[:-1]
    return net


@refused
def data_outside():
    net = one_conv()
    buffer = net.model.buffers[1]
    buffer.data, buffer.offset, buffer.size = None, 1 << 40, 4
    return net


@refused
def no_buffer():
    net = one_conv()
    net.graph.tensors[1].buffer = 77
    return net


@refused
def not_computed():
    net = single("RELU")
    net.graph.inputs = []
    return net


@refused
def wrong_order():
    c = Chain("wrong_order", [2, 2])
    c.op("RELU", [2, 2])
    c.op("RELU6", [2, 2])
    c.net.graph.operators.reverse()
    return c.finish()


@refused
def computed_twice():
    c = Chain("computed_twice", [2, 2])
    c.op("RELU", [2, 2])
    c.net.graph.operators.append(c.net.graph.operators[0])
    return c.finish()


@refused
def no_tensor():
    net = single("RELU")
    net.graph.operators[0].inputs = [9]
    return net


@refused
def no_output():
    net = single("RELU")
    net.graph.outputs = []
    return net


@refused
def fused_tanh():
    net = one_conv()
    net.graph.operators[0].builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.TANH
    return net


@refused
def computed_shape():
    net = single("RELU")
    shape = net.input([2], "int32")
    net.graph.operators.clear()
    net.op("RESHAPE", [0, shape], [1])
    return net


@refused
def softmax_scale():
    return single("SOFTMAX", beta=1.0)


@refused
def schema_version():
    net = single("RELU")
    net.model.version = 4
    return net


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    for name, files in (("seeds", SEEDS), ("refused", REFUSED)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for stem, data in files.items():
            (folder / name / f"{stem}.tflite").write_bytes(data)
        sizes = [len(data) for data in files.values()]
        print(f"{name}: {len(sizes)} files, {sum(sizes)} bytes, largest {max(sizes)}")


if __name__ == "__main__":
    main()
