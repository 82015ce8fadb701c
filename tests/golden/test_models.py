# SPDX-License-Identifier: MIT
"""Whole networks: every tensor of libnpu's reference kernels against the golden's."""
import hashlib

import numpy as np
import pytest

from ai_edge_litert import schema_py_generated as schema
from dump import BUILD, ROOT, Dump, difference, keep_failure, place
from litert_child import GoldenError

SHARED = ROOT.parent / "shared" / "models"
MADE = BUILD / "models"  # where make models and make check put the networks that models/ makes
DTYPE = {schema.TensorType.INT8: "int8", schema.TensorType.UINT8: "uint8", schema.TensorType.FLOAT32: "float32",
         schema.TensorType.INT32: "int32"}


def _networks(folder):
    return sorted(path for path in folder.glob("*.tflite") if not path.stem.endswith("_float"))


def _parameters(folder, why):
    found = _networks(folder)
    if found:
        return [pytest.param(path, id=f"{folder.parent.name}-{path.stem}") for path in found]
    return [pytest.param(None, id=f"{folder.parent.name}-none", marks=pytest.mark.skip(reason=why))]


def _input(rng, dtype, shape, smooth):
    """An input like a picture (patches with a little noise), or noise."""
    lo, hi = (-1, 1) if dtype == "float32" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if dtype == "int32":
        return rng.integers(0, 2, shape).astype(dtype)
    if smooth and len(shape) == 4 and min(shape[1:3]) >= 8:
        n, h, w, c = shape
        x = rng.uniform(lo, hi, (n, -(-h // 8), -(-w // 8), c)).repeat(8, 1).repeat(8, 2)[:, :h, :w]
        x = x + rng.normal(0, (hi - lo) / 40, shape)
    else:
        x = rng.uniform(lo, hi, shape)
    return (np.clip(x, lo, hi) if dtype == "float32" else np.clip(np.round(x), lo, hi)).astype(dtype)


def inputs_of(model, seed, smooth):
    m = schema.Model.GetRootAs(model, 0)
    g = m.Subgraphs(0)
    rng = np.random.default_rng([seed, int(hashlib.sha256(model).hexdigest()[:8], 16), smooth])
    arrays = []
    for i in range(g.InputsLength()):
        t = g.Tensors(g.Inputs(i))
        arrays.append(_input(rng, DTYPE[t.Type()], [t.Shape(k) for k in range(t.ShapeLength())], smooth))
    return arrays


@pytest.mark.parametrize("path", _parameters(SHARED, "no ../shared/models here") +
                         _parameters(MADE, "no networks made: make models-demo"))
def test_every_tensor(path, golden, seed):
    model = path.read_bytes()
    runs = [inputs_of(model, seed, smooth) for smooth in (True, False)]
    try:
        expected = golden.tensors(model, runs)
    except GoldenError as error:
        if error.died or "quantized_dimension" not in str(error):
            raise
        _outputs_only(path, model, runs, golden)
        return
    wrong = []
    for inputs, tensors, raw in zip(runs, expected, Dump().run([(model, inputs) for inputs in runs])):
        assert len(tensors) > 2
        what = difference(path.name, model, tensors, raw)
        if what is not None:
            wrong.append(f"{what}; {keep_failure(path.stem, model, inputs)}")
    assert not wrong, f"ONPU_SEED={seed}: " + "\n".join(wrong)


def _outputs_only(path, model, runs, golden):
    """A network that LiteRT refuses: TFLite Micro is its golden, and shows its outputs only."""
    expected = golden.micro_outputs(model, runs)
    g = schema.Model.GetRootAs(model, 0).Subgraphs(0)
    for inputs, outputs, raw in zip(runs, expected, Dump().run([(model, inputs) for inputs in runs])):
        assert not isinstance(raw, str), f"{path.name}: {raw}"
        for k, want in enumerate(outputs):
            start = place(model, g.Outputs(k))
            got = np.frombuffer(raw[start:start + want.nbytes], want.dtype).reshape(want.shape)
            assert (got == want).all(), f"{path.name}: output {k}: expected {want.ravel()}, actual {got.ravel()}; " \
                f"{keep_failure(path.stem, model, inputs)}"


def test_shared_networks_are_there():
    """An empty folder must not pass for success where the shared networks are expected."""
    if not SHARED.exists():
        pytest.skip("no ../shared/models here")
    assert len(_networks(SHARED)) >= 15
