# SPDX-License-Identifier: MIT
"""Networks shaped like real ones on the simulated NPU, compiled in four ways, command order checked."""
import numpy as np
import pytest

from cosim import PRESETS, check, run

from builder import Net
from dump import Dump, difference
from litert_child import Golden
from real_shapes import NETWORKS, Build, make


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_equal(name, preset):
    result, = check(preset, [make(name)])
    _, on_cpu = NETWORKS[name]
    # Nothing is left to the CPU but what must be.
    assert result["nodes"] - result["npu"] == on_cpu, result


@pytest.fixture(scope="module")
def golden():
    with Golden() as child:
        yield child


@pytest.mark.parametrize("name", NETWORKS)
def test_reference(name, golden):
    """The kernels that the NPU is compared with are right about these shapes."""
    case = make(name)
    raw, = Dump().run([(case.model, case.inputs)])
    what = difference(name, case.model, golden.tensors(case.model, [case.inputs])[0], raw)
    assert what is None, what


def refused(net, inputs):
    result, = run("base", [(net.pack(), inputs)])
    assert isinstance(result, str) and result.startswith("error "), result
    return result


def test_no_operators():
    net = Net("identity")
    net.output(net.input([1, 3, 3, 2], "int8", 0.1, 0))
    assert "the network has no operators" in refused(net, [np.zeros([1, 3, 3, 2], np.int8)])


@pytest.mark.parametrize("count, on_npu", [(13, 1), (14, 0)])
def test_number_of_inputs(count, on_npu):
    """A job reaches so many inputs and outputs; with more the CPU runs all."""
    b = Build("inputs")
    b.net.output(b.concat([b.input(1, 4, 4, 2) for _ in range(count)]))
    result, = run("base", [(b.net.pack(), b.inputs)])
    assert isinstance(result, dict), result
    assert result["nodes"] == 1 and result["npu"] == on_npu
