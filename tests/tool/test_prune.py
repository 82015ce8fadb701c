# SPDX-License-Identifier: MIT
"""npu prune: what it changes in a file, what it leaves, and that the file is still one that TFLite runs."""
import json
import os

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import nets
from nets import npu, ok, refused
from builder import Net
from dump import Dump, difference
from litert_child import Golden


def weights(rng, shape):
    """As trained ones are: most are small."""
    return np.clip(np.round(rng.normal(0, 30, shape)), -127, 127).astype(np.int8)


def mixed():
    """3x3, depthwise, two large 1x1 with scales per channel, mean, fully connected."""
    rng = np.random.default_rng(7)
    net = Net("mixed")

    def conv(x, c_in, c_out, size, name, op="CONV_2D", **options):
        depthwise = op != "CONV_2D"
        shape = [1, size, size, c_out] if depthwise else [c_out, size, size, c_in]
        axis = 3 if depthwise else 0
        scales = np.exp(rng.normal(-5, 0.5, c_out)).astype(np.float32)
        w = net.const(weights(rng, shape), scales, [0] * c_out, axis=axis, name=f"{name}/weights")
        b = net.const(rng.integers(-300, 300, [c_out]).astype(np.int32), scales * np.float32(0.05), [0] * c_out,
                      name=f"{name}/bias")
        y = net.tensor([1, 12, 12, c_out], "int8", 0.05, -20, name=name)
        net.op(op, [x, w, b], [y], strideH=1, strideW=1, **options)
        return y

    x = net.input([1, 12, 12, 6], "int8", 0.05, 4, name="image")
    x = conv(x, 6, 64, 3, "first")
    x = conv(x, 64, 64, 3, "deep", "DEPTHWISE_CONV_2D", depthMultiplier=1)
    x = conv(x, 64, 256, 1, "wide")
    x = conv(x, 256, 192, 1, "narrow")
    mean = net.tensor([1, 192], "int8", 0.05, -20, name="mean")
    net.op("MEAN", [x, net.ints([1, 2])], [mean], keepDims=False)
    y = net.tensor([1, 10], "int8", 0.1, 3, name="scores")
    net.op("FULLY_CONNECTED", [mean, net.const(weights(rng, [10, 192]), 0.01, 0, name="scores/weights"), -1], [y])
    net.output(y)
    return net.pack()


def unsigned():
    """uint8, whose weights have a zero point that is not 0."""
    rng = np.random.default_rng(8)
    net = Net("unsigned")
    x = net.input([1, 6, 6, 16], "uint8", 0.05, 120, name="image")
    w = net.const(rng.integers(0, 256, [24, 3, 3, 16]).astype(np.uint8), 0.01, 131, name="conv/weights")
    y = net.tensor([1, 6, 6, 24], "uint8", 0.4, 128, name="conv")
    net.op("CONV_2D", [x, w, net.const(np.zeros(24, np.int32), 0.0005, 0)], [y], strideH=1, strideW=1)
    z = net.tensor([1, 7], "uint8", 2.0, 100, name="scores")
    w = net.const(rng.integers(0, 256, [7, 864]).astype(np.uint8), 0.01, 119, name="scores/weights")
    net.op("FULLY_CONNECTED", [y, w, -1], [z])
    net.output(z)
    return net.pack()


def float_network():
    net = Net("float")
    x = net.input([1, 4, 4, 8], "float32", name="image")
    y = net.tensor([1, 4, 4, 8], "float32", name="conv")
    net.op("CONV_2D", [x, net.const(np.ones([8, 1, 1, 8], np.float32)), net.const(np.zeros(8, np.float32))], [y],
           strideH=1, strideW=1)
    net.output(y)
    return net.pack()


def shared(how):
    """Two 1x1 convolutions with their weights in one buffer."""
    rng = np.random.default_rng(9)
    net = Net("shared")
    x = net.input([1, 4, 4, 16], "int8", 0.05, 0, name="image")
    w = net.const(weights(rng, [16, 1, 1, 16]), 0.01, 0, name="one/weights")
    other = w
    if how not in ("tensor", "output"):
        other = net.tensor([16, 1, 1, 16], "int8", 0.02 if how == "scales" else 0.01, 0, name="two/weights")
        net.graph.tensors[other].buffer = net.graph.tensors[w].buffer
    bias = net.const(np.zeros(16, np.int32), 0.0005, 0)
    a = net.tensor([1, 4, 4, 16], "int8", 0.1, 0, name="one")
    b = net.tensor([1, 4, 4, 16], "int8", 0.1, 0, name="two")
    net.op("CONV_2D", [x, w, bias], [a], strideH=1, strideW=1)
    net.op("CONV_2D", [a, other, bias], [b], strideH=1, strideW=1)
    if how == "output":
        net.output(w)
    if how == "subgraph":
        second = schema.SubGraphT()
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.name = np.array([16, 16], np.int32), schema.TensorType.INT8, b"x"
        tensor.buffer = net.graph.tensors[w].buffer
        second.tensors, second.inputs, second.outputs, second.operators = [tensor], [], [], []
        net.model.subgraphs.append(second)
    net.output(b)
    return net.pack()


NETWORKS = {"mixed": mixed, "unsigned": unsigned}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("prune")
    for name, make in NETWORKS.items():
        (path / f"{name}.tflite").write_bytes(make())
    return path


@pytest.fixture(scope="module")
def golden():
    with Golden() as found:
        yield found


def prune(network, out, *options):
    return json.loads(ok("prune", network, "-o", out, "--json", *options).stdout)


def constants(data):
    """By node: operator's name, name of its output, its weights, their zero points, scales along axis 0 or 3."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    graph = model.subgraphs[0]
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    for node, op in enumerate(graph.operators):
        code = model.operatorCodes[op.opcodeIndex].builtinCode
        if names[code] not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            continue
        tensor = graph.tensors[op.inputs[1]]
        kind = np.int8 if tensor.type == schema.TensorType.INT8 else np.uint8
        stored = np.frombuffer(bytes(model.buffers[tensor.buffer].data), kind).reshape(tensor.shape)
        shape = [1] * stored.ndim
        shape[tensor.quantization.quantizedDimension] = -1
        if len(tensor.quantization.scale) == 1:
            shape = [1] * stored.ndim
        zero = np.reshape(tensor.quantization.zeroPoint, shape)
        yield node, names[code], stored, stored.astype(int) - zero, np.reshape(tensor.quantization.scale, shape)


def changed_only_in_weights(old, new):
    """Everything but the weights' bytes is the same."""
    assert len(old) == len(new)
    spans = []
    for _, _, stored, _, _ in constants(old):
        at = old.find(stored.tobytes())
        assert at >= 0 and old.find(stored.tobytes(), at + 1) < 0
        spans.append((at, at + stored.nbytes))
    inside = np.zeros(len(old), bool)
    for begin, end in spans:
        inside[begin:end] = True
    different = np.frombuffer(old, np.uint8) != np.frombuffer(new, np.uint8)
    assert different.any() and not (different & ~inside).any()


def pairs(old, new):
    """Old and new weights of each layer; what is not zero has not changed."""
    found = list(zip(constants(old), constants(new)))
    assert found
    for (node, op, _, before, scales), (_, _, _, after, _) in found:
        assert ((after == before) | (after == 0)).all()
        yield node, op, before, after, scales


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("options", [["0.7"], ["2:4"], ["1:4"], ["0.5", "--global"], ["0.9", "--depthwise"]], ids=" ".join)
def test_result_runs(folder, tmp_path, golden, name, options):
    """LiteRT runs it, and the reference kernels agree with it in every tensor."""
    network = folder / f"{name}.tflite"
    out = tmp_path / "out.tflite"
    prune(network, out, "--sparsity", *options)
    old, new = network.read_bytes(), out.read_bytes()
    changed_only_in_weights(old, new)
    rng = np.random.default_rng(1)
    inputs = [rng.integers(-128, 128, [1, 12, 12, 6]).astype(np.int8) if name == "mixed" else
              rng.integers(0, 256, [1, 6, 6, 16]).astype(np.uint8)]
    expected = golden.tensors(new, [inputs])[0]
    assert difference(name, new, expected, Dump().run([(new, inputs)])[0]) is None
    assert difference(name, old, expected, Dump().run([(old, inputs)])[0])
    assert ok("compare", out, "--random", 2).stdout.count(b"equal") == 2


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("fraction", [0.001, 0.3, 0.7, 0.999])
def test_fraction(folder, tmp_path, name, fraction):
    network, out = folder / f"{name}.tflite", tmp_path / "out.tflite"
    report = {layer["node"]: layer for layer in prune(network, out, "--sparsity", fraction)["layers"]}
    for node, op, before, after, scales in pairs(network.read_bytes(), out.read_bytes()):
        said = report.pop(node)
        zeros = [int((values == 0).sum()) for values in (before, after)]
        assert (said["op"], said["weights"]) == (op, before.size)
        assert [said["zeros_before"], said["zeros_after"]] == zeros
        if op == "DEPTHWISE_CONV_2D":
            assert "depthwise" in said["kept"] and (before == after).all()
            continue
        assert said["kept"] is None
        assert zeros[1] == max(zeros[0], int(np.floor(fraction * before.size + 0.5)))
        real = np.abs(before) * scales.astype(np.float32)
        gone, left = real[after == 0], real[after != 0]
        assert gone.max() <= left.min() * (1 + 1e-6)
    assert not report


@pytest.mark.parametrize("keep, group", [(2, 4), (1, 4), (3, 8), (15, 16)])
@pytest.mark.parametrize("name", NETWORKS)
def test_pattern(folder, tmp_path, name, keep, group):
    network, out = folder / f"{name}.tflite", tmp_path / "out.tflite"
    prune(network, out, "--sparsity", f"{keep}:{group}")
    for _, op, before, after, _ in pairs(network.read_bytes(), out.read_bytes()):
        if op == "DEPTHWISE_CONV_2D" or before.shape[-1] <= keep:
            assert (before == after).all()
            continue
        for begin in range(0, before.shape[-1], group):
            old = np.abs(before[..., begin:begin + group])
            new = np.abs(after[..., begin:begin + group])
            # What stays are as many as may, and the largest.
            assert ((new != 0).sum(-1) == np.minimum((old != 0).sum(-1), keep)).all()
            assert (np.sort(new, -1)[..., -keep:] == np.sort(old, -1)[..., -keep:]).all()


def test_global(folder, tmp_path):
    network, out = folder / "mixed.tflite", tmp_path / "out.tflite"
    report = prune(network, out, "--sparsity", 0.6, "--global")
    layers = [layer for layer in report["layers"] if not layer["kept"]]
    assert sum(layer["zeros_after"] for layer in layers) == round(0.6 * sum(layer["weights"] for layer in layers))
    assert len({round(layer["zeros_after"] / layer["weights"], 2) for layer in layers}) > 1
    found = [(np.abs(before) * scales, after) for _, op, before, after, scales
             in pairs(network.read_bytes(), out.read_bytes()) if op != "DEPTHWISE_CONV_2D"]
    limit = max(real[after == 0].max() for real, after in found)
    assert limit <= min(real[after != 0].min() for real, after in found) * (1 + 1e-6)


def test_what_is_left(folder, tmp_path):
    network, out = folder / "mixed.tflite", tmp_path / "out.tflite"
    plain = prune(network, out, "--sparsity", 0.5)["layers"]
    assert [layer["kept"] is None for layer in plain] == [True, False, True, True, True]
    first = prune(network, out, "--sparsity", 0.5, "--skip-first", 2)["layers"]
    assert [layer["kept"] is None for layer in first] == [False, False, False, True, True]
    assert "first" in first[2]["kept"]
    small = prune(network, out, "--sparsity", 0.5, "--skip-smaller", 5000)["layers"]
    assert [layer["kept"] is None for layer in small] == [False, False, True, True, False]
    deep = prune(network, out, "--sparsity", 0.5, "--depthwise")["layers"][1]
    assert deep["kept"] is None and deep["zeros_after"] == deep["weights"] // 2
    text = ok("prune", network, "--sparsity", 0.5).stdout.decode()
    assert text.count("(left: ") == 1


@pytest.mark.parametrize("preset", ["base", "nano"])
def test_cycles_go_down(folder, tmp_path, preset):
    network, out = folder / "mixed.tflite", tmp_path / "out.tflite"
    # A fraction leaves channels with large weights fuller than others, and the fullest lane counts.
    for how, gain in [("2:4", 1.5), ("1:4", 2.2), ("0.9", 1.5)]:
        report = prune(network, out, "--sparsity", how, "--preset", preset)
        assert report["preset"] == preset
        # The 1x1 layers, where nearly all of the work is.
        for layer in report["layers"][2:4]:
            assert layer["cycles_before"] > gain * layer["cycles_after"] > 0, (how, layer)
        assert report["cycles_before"] > report["cycles_after"]
        for what, path in [("before", network), ("after", out)]:
            compiled = ok("compile", path, "--preset", preset).stdout.decode()
            assert f"cycles           {report['cycles_' + what]} (estimate)" in compiled


def outputs(network, *options):
    folder = network.parent
    ok("run", network, *options, "--device", "cpu", "--output", folder / "y.npy")
    return np.load(folder / "y.npy").astype(int)


def test_moves(folder, tmp_path):
    """What it says of the outputs is what two runs say."""
    network, out = tmp_path / "in.tflite", tmp_path / "out.tflite"
    network.write_bytes(mixed())
    np.save(tmp_path / "x.npy", np.random.default_rng(3).integers(-128, 128, [3, 12, 12, 6]).astype(np.int8))
    for options, inferences in [(["--random", "5"], 1), (["--input", tmp_path / "x.npy"], 3)]:
        report = prune(network, out, "--sparsity", 0.8, *options)
        assert report["inferences"] == inferences
        moved = np.abs(outputs(out, *options) - outputs(network, *options))
        assert moved.shape == (inferences, 10) and moved.any()
        (said,) = report["outputs"]
        assert (said["name"], said["elements"], said["changed"]) == ("scores", moved.size, np.count_nonzero(moved))
        assert said["max_steps"] == moved.max() and said["mean_steps"] == pytest.approx(moved.mean())
        assert said["max"] == pytest.approx(0.1 * moved.max()) and said["mean"] == pytest.approx(0.1 * moved.mean())
    assert f"({moved.max()} and " in ok("prune", network, "-s", 0.8, *options).stdout.decode()
    assert "outputs" not in prune(network, out, "--sparsity", 0.8)


@pytest.mark.parametrize("how", ["tensor", "buffer", "scales", "output", "subgraph"])
def test_shared_weights(tmp_path, how):
    network, out = tmp_path / "in.tflite", tmp_path / "out.tflite"
    network.write_bytes(shared(how))
    if how in ("scales", "output", "subgraph"):
        done = refused("prune", network, "--sparsity", 0.5, "-o", out, says="nothing can be pruned")
        assert {"scales": "two/weights", "output": "something else", "subgraph": "another subgraph"}[how] in done.err
        assert not out.exists()
        return
    report = prune(network, out, "--sparsity", 0.5)
    assert [(layer["node"], layer["same_as"], layer["zeros_after"]) for layer in report["layers"]] == \
        [(0, 0, 128), (1, 0, 128)]
    assert (report["weights"], report["zeros_after"]) == (256, 128)
    assert "same weights as node 0" in ok("prune", network, "--sparsity", 0.5).stdout.decode()
    # One of them is not to be pruned, so neither is.
    refused("prune", network, "--sparsity", 0.5, "--skip-first", 1, says="one of the first layers")


def test_same_every_time(folder, tmp_path):
    for out in ("a", "b"):
        ok("prune", folder / "mixed.tflite", "--sparsity", 0.7, "-o", tmp_path / out, "--quiet")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    # What is pruned already stays as it is.
    ok("prune", tmp_path / "a", "--sparsity", 0.7, "-o", tmp_path / "b", "--quiet")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("arguments, says", [
    ([], "no --sparsity"),
    *((["--sparsity", how], f"--sparsity: '{how}'") for how in (
        "", "0", "1", "1.0", "-0.5", "70", "70%", "nan", "inf", "0.5x", " 0.5", "0:4", "4:4", "5:4", "2:", ":4", "2:4:1",
        "-2:4", "2:17", "a:b")),
    (["--sparsity", "0.5", "--sparsity", "2:4"], "given twice"),
    (["--sparsity", "2:4", "--global"], "--global"),
    (["--sparsity", "2:4", "--depthwise"], "--depthwise"),
    (["--sparsity", "0.5", "--skip-first", "x"], "--skip-first"),
    (["--sparsity", "0.5", "--skip-smaller", "-1"], "--skip-smaller"),
    (["--sparsity", "0.5", "--random", "1", "--input", "x.npy"], "both"),
    (["--sparsity", "0.5", "--json", "--quiet"], "both"),
    (["--sparsity", "0.5", "-o", "a", "-o", "b"], "more than one --output"),
])
def test_usage(folder, arguments, says):
    refused("prune", folder / "mixed.tflite", *arguments, says=says, status=2)


def test_refused(folder, tmp_path):
    network = folder / "mixed.tflite"
    before = network.read_bytes()
    (tmp_path / "float.tflite").write_bytes(float_network())
    (tmp_path / "none.tflite").write_bytes(nets.sum_and_difference())
    ok("compile", network, "-o", tmp_path / "mixed.npu", "--quiet")
    out = tmp_path / "out.tflite"
    out.write_bytes(b"old")
    half = ["--sparsity", "0.5", "-o", out]
    done = refused("prune", tmp_path / "float.tflite", *half, says="float32, not int8 or uint8")
    assert "CONV_2D node 0 (tensor 'conv')" in done.err and "float.tflite" in done.err
    refused("prune", tmp_path / "none.tflite", *half, says="no CONV_2D and no FULLY_CONNECTED")
    refused("prune", tmp_path / "mixed.npu", *half, says="is a program")
    refused("prune", tmp_path / "missing.tflite", *half, says="No such file")
    refused("prune", network, *half, "--preset", "huge", says="huge")
    refused("prune", network, *half, "--skip-smaller", 1000000, says="it has only 3456 weights")
    refused("prune", network, *half, "--input", tmp_path / "missing.npy", says="missing.npy")
    assert out.read_bytes() == b"old"
    # The network itself, under whatever name.
    (tmp_path / "link.tflite").symlink_to(network)
    os.link(network, folder / "second.tflite")
    for same in (network, tmp_path / "link.tflite", folder / "second.tflite"):
        refused("prune", network, "--sparsity", 0.5, "-o", same, says="is the network itself")
    (folder / "second.tflite").unlink()
    refused("prune", network, "--sparsity", 0.5, "-o", "/dev/full", says="No space left")
    refused("prune", network, "--sparsity", 0.5, "-o", tmp_path / "none" / "out", says="No such file")
    refused("prune", network, "--sparsity", 0.5, "-o", tmp_path, says="directory")
    assert network.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["float.tflite", "link.tflite", "mixed.npu", "none.tflite", "out.tflite"]


def test_damaged_files(tmp_path):
    """Whatever a file says, it ends with a message or with a file that can be read."""
    good = unsigned()
    tables = np.ones(len(good), bool)
    for _, _, stored, _, _ in constants(good):
        at = good.find(stored.tobytes())
        tables[at:at + stored.nbytes] = False
    tables = np.flatnonzero(tables)
    statuses = set()
    rng = np.random.default_rng(4)
    for _ in range(60):
        bad = bytearray(good)
        bad[rng.choice(tables)] ^= int(rng.integers(1, 256))
        (tmp_path / "bad.tflite").write_bytes(bad)
        done = npu("prune", tmp_path / "bad.tflite", "--sparsity", "2:4", "-o", tmp_path / "out.tflite")
        assert done.returncode in (0, 1)
        statuses.add(done.returncode)
        if done.returncode:
            assert done.err.startswith("npu: ")
        else:
            ok("info", tmp_path / "out.tflite")
    assert statuses == {0, 1}
