# SPDX-License-Identifier: MIT
"""Small networks for the tests of the tool, and how they compute, in numpy."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden"))

from builder import Net  # noqa: E402

BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
NPU = BUILD / "npu"

# A name that breaks what prints or parses it carelessly.
ODD_NAME = 'odd"name\\with\n\x1b[31m=\u00e4'


def sum_and_difference():
    """Two inputs, two outputs: scales of 1, so that stored values are real ones."""
    net = Net("sum_and_difference")
    a = net.input([2, 3], "int8", 1.0, 0, name="a")
    b = net.input([2, 3], "int8", 1.0, 0, name="b")
    plus = net.tensor([2, 3], "int8", 1.0, 0, name="sum")
    minus = net.tensor([2, 3], "int8", 1.0, 0, name="difference")
    net.op("ADD", [a, b], [plus])
    net.op("SUB", [a, b], [minus])
    net.output(plus, minus)
    return net.pack()


def clipped(x):
    return np.clip(x, -128, 127).astype(np.int8)


def convolution(seed=5, name="out"):
    """A 3x3 convolution: a node for the NPU in every preset."""
    rng = np.random.default_rng(seed)
    net = Net("convolution")
    x = net.input([1, 8, 8, 16], "int8", 0.5, -3, name="image")
    w = net.const(rng.integers(-127, 128, [16, 3, 3, 16]).astype(np.int8), [0.01] * 16, [0] * 16, name="weights")
    b = net.const(rng.integers(-500, 500, [16]).astype(np.int32), [0.005] * 16, [0] * 16, name="bias")
    y = net.tensor([1, 8, 8, 16], "int8", 0.75, 5, name=name)
    net.op("CONV_2D", [x, w, b], [y], strideH=1, strideW=1)
    net.output(y)
    return net.pack()


def softmax():
    """Of uint8, with its quantization fixed by TFLite; a node that the NPU does not have."""
    net = Net("softmax")
    x = net.input([1, 4], "uint8", 0.25, 100, name="in")
    y = net.tensor([1, 4], "uint8", 1 / 256, 0, name="out")
    net.op("SOFTMAX", [x], [y], beta=1.0)
    net.output(y)
    return net.pack()


def reshape(dtype, shape=(2, 3), to=(3, 2)):
    """Moves elements of any type unchanged."""
    quantized = dtype in ("int8", "uint8", "int16")
    net = Net("reshape")
    x = net.input(shape, dtype, 0.5 if quantized else None, name="in")
    y = net.tensor(to, dtype, 0.5 if quantized else None, name="out")
    net.op("RESHAPE", [x, net.ints(to)], [y])
    net.output(y)
    return net.pack()


def scalar():
    """An input of rank 0."""
    net = Net("scalar")
    x = net.input([], "int8", 1.0, 0, name="in")
    y = net.tensor([2], "int8", 1.0, 0, name="out")
    net.op("ADD", [x, net.const(np.array([1, 2], np.int8), 1.0, 0)], [y])
    net.output(y)
    return net.pack()


def npu(*arguments, stdin=b"", env=None, cwd=None):
    """Runs the tool; standard output stays bytes."""
    done = subprocess.run([NPU, *map(str, arguments)], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=900, cwd=cwd, check=False,
                          env={**os.environ, **(env or {})})
    done.err = done.stderr.decode()
    assert done.returncode in (0, 1, 2), done.err
    return done


def ok(*arguments, **options):
    done = npu(*arguments, **options)
    assert done.returncode == 0, done.err
    assert done.err == ""
    return done


def refused(*arguments, says, status=1, **options):
    """It fails with that status, says why on standard error, and nothing on standard output."""
    done = npu(*arguments, **options)
    assert done.returncode == status, done.err or done.stdout
    assert done.stdout == b""
    assert done.err.startswith("npu"), done.err
    assert says in done.err
    return done
