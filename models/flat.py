# SPDX-License-Identifier: MIT
"""A .tflite file as objects: reading, writing, constants, operators.

Only what the recipes need: one subgraph, no control flow.
"""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

OP = schema.BuiltinOperator
TYPE = schema.TensorType
ACT = schema.ActivationFunctionType

DTYPES = {TYPE.FLOAT32: np.float32, TYPE.FLOAT16: np.float16, TYPE.INT8: np.int8,
          TYPE.UINT8: np.uint8, TYPE.INT32: np.int32, TYPE.INT64: np.int64}
TYPES = {np.dtype(v): k for k, v in DTYPES.items()}
OP_NAMES = {v: k for k, v in vars(OP).items() if not k.startswith("_")}


class Model:
    """A model with one subgraph."""

    def __init__(self, data=None):
        if data is None:
            self.raw = schema.ModelT()
            self.raw.version = 3
            self.raw.buffers, self.raw.operatorCodes = [schema.BufferT()], []
            graph = schema.SubGraphT()
            graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
            self.raw.subgraphs = [graph]
        else:
            self.raw = schema.ModelT.InitFromPackedBuf(bytearray(data), 0)
            if len(self.raw.subgraphs) != 1:
                raise ValueError("the model has more than one subgraph")
        self.graph = self.raw.subgraphs[0]

    # ---- tensors

    def tensor(self, index):
        return self.graph.tensors[index]

    def shape(self, index):
        shape = self.tensor(index).shape
        return [] if shape is None else [int(n) for n in shape]

    def constant(self, index):
        """The values of a constant as an array, None for another tensor."""
        tensor = self.tensor(index)
        data = self.raw.buffers[tensor.buffer].data
        if data is None or len(data) == 0:
            return None
        values = np.frombuffer(np.asarray(data, np.uint8).tobytes(), DTYPES[tensor.type])
        # A sparse tensor holds fewer values than its shape says.
        return values if tensor.sparsity is not None else values.reshape(self.shape(index))

    def set_constant(self, index, values):
        tensor, values = self.tensor(index), np.ascontiguousarray(values)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self.raw.buffers.append(buffer)
        tensor.buffer = len(self.raw.buffers) - 1
        tensor.type, tensor.shape = TYPES[values.dtype], list(values.shape)
        tensor.sparsity = None

    def add_tensor(self, name, shape, dtype=np.float32, values=None):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name.encode(), list(shape), TYPES[np.dtype(dtype)]
        tensor.buffer = 0
        self.graph.tensors.append(tensor)
        index = len(self.graph.tensors) - 1
        if values is not None:
            self.set_constant(index, values)
        return index

    # ---- operators

    @property
    def operators(self):
        return self.graph.operators

    def code(self, operator):
        """The operator's code.  Old files fill only the deprecated field."""
        code = self.raw.operatorCodes[operator.opcodeIndex]
        return max(code.builtinCode, code.deprecatedBuiltinCode)

    def custom(self, operator):
        name = self.raw.operatorCodes[operator.opcodeIndex].customCode
        return name.decode() if name else None

    def label(self, operator):
        return self.custom(operator) or OP_NAMES[self.code(operator)]

    def opcode(self, code, version):
        """Index of an operator code, which is added if it is not there."""
        for index, have in enumerate(self.raw.operatorCodes):
            if (max(have.builtinCode, have.deprecatedBuiltinCode) == code
                    and have.version == version and not have.customCode):
                return index
        new = schema.OperatorCodeT()
        new.builtinCode, new.deprecatedBuiltinCode = code, min(code, 127)
        new.version = version
        self.raw.operatorCodes.append(new)
        return len(self.raw.operatorCodes) - 1

    def readers(self):
        """How many operators, and outputs of the network, read each tensor."""
        count = [0] * len(self.graph.tensors)
        for operator in self.operators:
            for index in operator.inputs:
                if index >= 0:
                    count[index] += 1
        for index in self.graph.outputs:
            count[index] += 1
        return count

    def producers(self):
        return {int(i): operator for operator in self.operators for i in operator.outputs}

    # ---- the whole

    def tidy(self):
        """Drops what nothing uses, fills both operator code fields, makes names unique."""
        graph = self.graph
        used = {int(i) for i in list(graph.inputs) + list(graph.outputs)}
        for operator in self.operators:
            used.update(int(i) for i in list(operator.inputs) + list(operator.outputs) if i >= 0)
        place = {old: new for new, old in enumerate(sorted(used))}
        place[-1] = -1
        graph.tensors = [graph.tensors[i] for i in sorted(used)]
        graph.inputs = [place[int(i)] for i in graph.inputs]
        graph.outputs = [place[int(i)] for i in graph.outputs]
        for operator in self.operators:
            operator.inputs = [place[int(i)] for i in operator.inputs]
            operator.outputs = [place[int(i)] for i in operator.outputs]

        codes = sorted({operator.opcodeIndex for operator in self.operators})
        for operator in self.operators:
            operator.opcodeIndex = codes.index(operator.opcodeIndex)
        self.raw.operatorCodes = [self.raw.operatorCodes[i] for i in codes]
        for code in self.raw.operatorCodes:
            code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)

        old, buffers, moved, names = self.raw.buffers, [schema.BufferT()], {}, set()
        for tensor in graph.tensors:
            data = old[tensor.buffer].data
            if data is None or len(data) == 0:
                tensor.buffer = 0
            else:
                if tensor.buffer not in moved:
                    moved[tensor.buffer] = len(buffers)
                    buffers.append(old[tensor.buffer])
                tensor.buffer = moved[tensor.buffer]
            # Converters join the names of what they merged with semicolons.
            base = (tensor.name or b"tensor").decode().split(";")[0]
            name, count = base, 1
            while name in names:
                count += 1
                name = f"{base}_{count}"
            names.add(name)
            tensor.name = name.encode()
        self.raw.buffers = buffers
        self.raw.metadata, self.raw.metadataBuffer, self.raw.signatureDefs = None, None, None

    def pack(self):
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.raw.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())
