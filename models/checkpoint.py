# SPDX-License-Identifier: MIT
"""Reads the tensors of a PyTorch checkpoint, without PyTorch.

The old format is a row of pickles, then the raw values of each storage.  Only what
describes a tensor is unpickled; anything else in the file is refused.
"""
import collections
import io
import pickle
import struct

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64}


class Storage:
    def __init__(self, dtype, count):
        self.dtype, self.count, self.values = np.dtype(dtype), count, None


class Reader(pickle.Unpickler):
    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a checkpoint")

    def persistent_load(self, identity):
        kind, dtype, key, _, count = identity[:5]
        if kind != "storage":
            raise pickle.UnpicklingError(f"{kind} has no place in a checkpoint")
        return self.storages.setdefault(key, Storage(dtype, count))


def array(storage, offset, size, stride):
    step = storage.dtype.itemsize
    values = storage.values[offset:]
    if not size:
        return values[0]
    last = sum((n - 1) * s for n, s in zip(size, stride))
    if last >= len(values) or min(stride) < 0:
        raise ValueError("a tensor reaches beyond its storage")
    return np.lib.stride_tricks.as_strided(values, size, [s * step for s in stride]).copy()


def load(data):
    """{name: array} of a checkpoint's bytes."""
    file, storages = io.BytesIO(data), {}

    def read():
        return Reader(file, storages).load()

    if read() != MAGIC or read() != PROTOCOL:
        raise ValueError("not a checkpoint in PyTorch's old format")
    read()      # sizes of the writer's integers
    tensors = read()
    for key in read():
        count, = struct.unpack("<q", file.read(8))
        storage = storages[key]
        if count != storage.count:
            raise ValueError(f"storage {key} has {count} values and not {storage.count}")
        storage.values = np.frombuffer(file.read(count * storage.dtype.itemsize), storage.dtype)
    return {name: array(*tensor) for name, tensor in tensors.items()}
