# SPDX-License-Identifier: MIT
"""The golden's own worker: it survives the models that kill it, and says so."""
import numpy as np
import pytest

from builder import Net
from litert_child import GoldenError


def _softmax(depth):
    net = Net("softmax")
    x = net.input([1, depth], "int8", 1e-4, 0)
    y = net.tensor([1, depth], "int8", 1 / 256, -128)
    net.op("SOFTMAX", [x], [y], beta=1.0)
    net.output(y)
    return net.pack(), [np.zeros([1, depth], np.int8)]


def test_death_is_reported(golden):
    model, inputs = _softmax(1001)  # 512 equal logits overflow its fixed point
    with pytest.raises(GoldenError) as caught:
        golden.tensors(model, [inputs])
    assert caught.value.died
    model, inputs = _softmax(4)  # and the next model is served
    assert (golden.tensors(model, [inputs])[0][1] == 64 - 128).all()


def test_refusal_is_reported(golden):
    net = Net("refused")
    x, y = (net.input([1, 4], "int8", s, 0) for s in (1.0, 2.0))
    z = net.tensor([1, 8], "int8", 1.0, 0)
    net.op("CONCATENATION", [x, y], [z], axis=1, fusedActivationFunction=0)
    net.output(z)
    with pytest.raises(GoldenError) as caught:
        golden.tensors(net.pack(), [[np.zeros([1, 4], np.int8)] * 2])
    assert not caught.value.died
