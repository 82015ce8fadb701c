# SPDX-License-Identifier: MIT
"""Runs models through libnpu's reference kernels, and compares every tensor with the golden."""
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from litert_child import computed_tensors

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", "build"))
BUILD = BUILD if BUILD.is_absolute() else ROOT / BUILD
TOOL = BUILD / "tests" / "kernel_dump"
FAILURES = BUILD / "golden-failures"
TIMEOUT = 900


class Dump:
    """A kernel_dump executable.  One process serves many models."""

    def __init__(self, tool=TOOL):
        self.tool = Path(tool)

    def run(self, jobs):
        """jobs: pairs (model's bytes, list of input arrays).

        Returns for each job the bytes of all non-constant tensors in the order of their
        index, or a string that says what went wrong.
        """
        if not self.tool.exists():
            raise FileNotFoundError(f"{self.tool} is not there: run make check-build")
        with tempfile.TemporaryDirectory(prefix="onpu-dump-") as folder:
            folder = Path(folder)
            lines = []
            for k, (model, inputs) in enumerate(jobs):
                paths = [folder / f"{k}.{what}" for what in ("tflite", "in", "out")]
                paths[0].write_bytes(model)
                paths[1].write_bytes(b"".join(np.ascontiguousarray(a).tobytes() for a in inputs))
                lines.append("\t".join(map(str, paths)) + "\n")
            results = []
            while len(results) < len(jobs):
                results += self._batch(folder, lines[len(results):])
            for k, result in enumerate(results):
                if result is None:
                    results[k] = (folder / f"{k}.out").read_bytes()
        return results

    def _batch(self, folder, lines):
        """Outcomes of the first jobs, at least one: None is success, a string is an error."""
        (folder / "jobs").write_text("".join(lines))
        done = subprocess.run([self.tool, "--batch", folder / "jobs"], capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)
        outcomes = []
        for line in done.stdout.splitlines():
            word, _, rest = line.partition(" ")
            outcomes.append(None if word == "ok" else rest or line)
        if len(outcomes) < len(lines):
            how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
            outcomes.append(f"kernel_dump ended with {how}: {done.stderr[-2000:].strip()}")
        return outcomes


def difference(net_name, model, golden, raw):
    """None if the dump's bytes equal the golden's tensors, else a sentence about the first difference."""
    if isinstance(raw, str):
        return f"{net_name}: {raw}"
    offset = 0
    for index in computed_tensors(model):
        expected = golden[index]
        got = raw[offset:offset + expected.nbytes]
        offset += expected.nbytes
        if got == expected.tobytes():
            continue
        where = f"{net_name}: tensor {index} ({tensor_name(model, index)}, {expected.dtype.name}{list(expected.shape)})"
        if len(got) < expected.nbytes:
            return f"{where}: the dump ends after {len(raw)} bytes"
        actual = np.frombuffer(got, expected.dtype).reshape(expected.shape)
        unequal = np.frombuffer(got, np.uint8).reshape(expected.size, -1) != \
            np.frombuffer(expected.tobytes(), np.uint8).reshape(expected.size, -1)
        at = np.flatnonzero(unequal.any(1))
        first = np.unravel_index(at[0], expected.shape)
        return (f"{where}: {at.size} of {expected.size} elements differ; first at {[int(v) for v in first]}: "
                f"expected {expected[first]}, actual {actual[first]}")
    if offset != len(raw):
        return f"{net_name}: the dump has {len(raw)} bytes, the golden {offset}"
    return None


def place(model, index):
    """Where tensor index begins in a dump, from what the file says of shapes and types."""
    from ai_edge_litert import schema_py_generated as schema
    g = schema.Model.GetRootAs(model, 0).Subgraphs(0)
    size = {schema.TensorType.INT8: 1, schema.TensorType.UINT8: 1, schema.TensorType.BOOL: 1,
            schema.TensorType.INT16: 2, schema.TensorType.INT64: 8}
    total = 0
    for i in computed_tensors(model):
        if i == index:
            return total
        t = g.Tensors(i)
        shape = [t.Shape(k) for k in range(t.ShapeLength())]
        total += int(np.prod(shape, dtype=np.int64)) * size.get(t.Type(), 4)
    raise IndexError(index)


def tensor_name(model, index):
    from ai_edge_litert import schema_py_generated as schema
    name = schema.Model.GetRootAs(model, 0).Subgraphs(0).Tensors(index).Name()
    return name.decode(errors="replace") if name else "no name"


def keep_failure(name, model, inputs):
    """Saves a model and its inputs, in the form that kernel_dump reads."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    (FAILURES / f"{name}.tflite").write_bytes(model)
    (FAILURES / f"{name}.in").write_bytes(b"".join(np.ascontiguousarray(a).tobytes() for a in inputs))
    return FAILURES / f"{name}.tflite"
