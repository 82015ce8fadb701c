# SPDX-License-Identifier: MIT
"""What the generators of random single-operator models have in common."""
import zlib
from dataclasses import dataclass, field

import numpy as np

from builder import ACT, Net

GENERATORS = {}  # operator: (function, number of models, is arithmetic)


def generator(op, count, arithmetic=False):
    """Registers a function rng -> Case.  Of an arithmetic operator the clamped outputs are counted."""
    def register(function):
        GENERATORS[op] = (function, count, arithmetic)
        return function
    return register


@dataclass
class Case:
    net: Net
    inputs: list  # arrays, in the order of the graph's inputs
    what: str = ""  # which kind of case this is, for messages
    clamps: dict = field(default_factory=dict)  # output tensor: (lowest, highest) stored value
    optimized: bool = False  # LiteRT has the operator among its optimized kernels only
    op: str = ""
    number: int = 0
    seed: int = 0
    _model: bytes = None

    @property
    def name(self):
        return f"{self.op}-{self.seed}-{self.number}"

    @property
    def model(self):
        if self._model is None:
            self._model = self.net.pack()
        return self._model

    def off_clamp(self, tensors):
        """(outputs strictly inside the clamp, outputs) of a golden run."""
        inside = total = 0
        for index, (lo, hi) in self.clamps.items():
            values = tensors[index]
            if hi > 127:
                values = values.view(np.uint8)  # what int8 SUM clamps
            inside += int(((values > lo) & (values < hi)).sum())
            total += values.size
        return inside, total


def make_case(op, number, seed):
    function, _, _ = GENERATORS[op]
    case = function(np.random.default_rng([seed, zlib.crc32(op.encode()), number]))
    case.op, case.number, case.seed = op, number, seed
    return case


# ---------------------------------------------------------------- random ingredients

def chance(rng, p):
    return rng.random() < p


def quant_type(rng):
    return str(rng.choice(["int8", "int8", "uint8"]))


def limits(dtype):
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def zero_point(rng, dtype):
    lo, hi = limits(dtype)
    kind = rng.integers(6)
    if kind == 0:
        return lo
    if kind == 1:
        return hi
    if kind == 2:
        return 0 if dtype == "int8" else 128
    return int(rng.integers(lo, hi + 1))


def scale(rng, low=-12.0, high=2.0):
    """A float32 scale: any, or a power of two, or a neighbour of one."""
    exponent = rng.uniform(low, high)
    kind = rng.integers(5)
    if kind == 0:
        return np.float32(2.0 ** round(exponent))
    if kind == 1:
        return np.nextafter(np.float32(2.0 ** round(exponent)), np.float32(rng.choice([0, 1e30])))
    return np.float32(2.0 ** exponent)


def values(rng, shape, dtype, center=None, spread=None):
    """Random stored values: uniform, mostly extremes, or close to a centre."""
    lo, hi = limits(dtype)
    if center is not None:
        return np.clip(center + rng.integers(-spread, spread + 1, shape), lo, hi).astype(dtype)
    kind = rng.integers(5)
    if kind == 0:
        x = rng.choice([lo, lo, lo + 1, hi, hi, hi - 1, 0], shape)
    elif kind == 1:
        x = np.clip(np.round(rng.normal((lo + hi) / 2, 40, shape)), lo, hi)
    else:
        x = rng.integers(lo, hi + 1, shape)
    return np.asarray(x).astype(dtype)


def dims(rng, rank, largest=7, budget=600):
    """A shape of at most budget elements."""
    while True:
        shape = [int(v) for v in rng.integers(1, largest + 1, rank)]
        if int(np.prod(shape, dtype=np.int64)) <= budget:
            return shape


def image(rng, largest=9, channels=8, batches=True):
    n = 2 if batches and chance(rng, 0.15) else 1
    return [n, int(rng.integers(1, largest + 1)), int(rng.integers(1, largest + 1)), int(rng.integers(1, channels + 1))]


def activation(rng):
    return str(rng.choice(["NONE", "NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))


def clamp(act, s, z, dtype):
    """The stored values to which a fused activation limits the output."""
    lo, hi = limits(dtype)

    def stored(real):
        v = float(np.float32(real) / np.float32(s))
        return z + int(np.sign(v) * np.floor(abs(v) + 0.5))
    if act in ("RELU", "RELU6"):
        lo = max(lo, stored(0))
    if act == "RELU_N1_TO_1":
        lo = max(lo, stored(-1))
    if act in ("RELU6", "RELU_N1_TO_1"):
        hi = min(hi, stored(6 if act == "RELU6" else 1))
    return lo, hi


def output_quant(rng, act, dtype):
    """(scale, zero point) of an output such that the activation leaves a useful range."""
    while True:
        limit = {"RELU6": 6, "RELU_N1_TO_1": 1}.get(act)
        so = scale(rng) if limit is None else np.float32(limit / rng.uniform(60, 300))
        z = zero_point(rng, dtype)
        lo, hi = clamp(act, so, z, dtype)
        if hi - lo >= 40:
            return so, z


def fused(act):
    return {"fusedActivationFunction": ACT[act]}
