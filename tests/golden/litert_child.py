# SPDX-License-Identifier: MIT
"""The golden: LiteRT's reference kernels, in a child process, because they can abort it.

One worker serves many models.  When it dies, the model that killed it gets a
GoldenError, and the next model gets a new worker.  TFLite Micro (outputs only) is
there for the models that LiteRT refuses to load.
"""
import os
import pickle
import select
import subprocess
import sys

import numpy as np

TIMEOUT = 900  # seconds that one model may take


class GoldenError(Exception):
    """The golden has no answer; died says whether the process was lost with it."""

    def __init__(self, message, died=False):
        super().__init__(message)
        self.died = died


class Golden:
    """Client side: starts the worker on first use, and again after each death."""

    def __init__(self):
        self._child = None
        self.deaths = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        child, self._child = self._child, None
        if child is not None:
            child.stdin.close()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            child.stdout.close()

    def _request(self, *message):
        if self._child is None:
            self._child = subprocess.Popen([sys.executable, os.path.abspath(__file__)],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child = self._child
        try:
            pickle.dump(message, child.stdin, protocol=4)
            child.stdin.flush()
            if not select.select([child.stdout], [], [], TIMEOUT)[0]:
                child.kill()
            ok, answer = pickle.load(child.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self._child = None
            self.deaths += 1
            for pipe in (child.stdin, child.stdout):
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
            raise GoldenError(f"the golden's process ended with {child.wait()}", died=True) from None
        if not ok:
            raise GoldenError(answer)
        return answer

    def tensors(self, model, runs, optimized=False):
        """LiteRT: a dict {tensor index: array} of all non-constant tensors for each run.

        model: the file's bytes; runs: lists of arrays in the order of the graph's inputs;
        optimized: use its other kernels, for the few operators that have no reference kernel.
        """
        return self._request("litert", bytes(model), runs, optimized)

    def micro_outputs(self, model, runs):
        """TFLite Micro: a list of the graph's outputs for each run."""
        return self._request("micro", bytes(model), runs)

    def version(self):
        return self._request("version")


def constant_tensors(model):
    """Indices of the tensors of the first subgraph that have data."""
    from ai_edge_litert import schema_py_generated as schema
    m = schema.Model.GetRootAs(model, 0)
    g = m.Subgraphs(0)
    return {i for i in range(g.TensorsLength()) if m.Buffers(g.Tensors(i).Buffer()).DataLength() > 0
            or m.Buffers(g.Tensors(i).Buffer()).Size() > 1}


def computed_tensors(model):
    """Indices of graph inputs and operator outputs: the tensors that hold a value after a run."""
    from ai_edge_litert import schema_py_generated as schema
    m = schema.Model.GetRootAs(model, 0)
    g = m.Subgraphs(0)
    found = {g.Inputs(i) for i in range(g.InputsLength())}
    for k in range(g.OperatorsLength()):
        op = g.Operators(k)
        found.update(op.Outputs(i) for i in range(op.OutputsLength()))
    return sorted(found - constant_tensors(model))


def _litert(model, runs, optimized):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if optimized else OpResolverType.BUILTIN_REF
    interpreter = Interpreter(model_content=model, experimental_preserve_all_tensors=True,
                              experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    inputs = [d["index"] for d in interpreter.get_input_details()]
    wanted = computed_tensors(model)
    answers = []
    for arrays in runs:
        if len(arrays) != len(inputs):
            raise ValueError(f"{len(arrays)} inputs for a model that has {len(inputs)}")
        for index, array in zip(inputs, arrays):
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        answers.append({i: np.array(interpreter.get_tensor(i)) for i in wanted})
    return answers


def _micro(model, runs):
    from tflite_micro import runtime
    from ai_edge_litert import schema_py_generated as schema
    outputs = schema.Model.GetRootAs(model, 0).Subgraphs(0).OutputsLength()
    answers = []
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=64 << 20)
    for arrays in runs:
        for k, array in enumerate(arrays):
            interpreter.set_input(array, k)
        interpreter.invoke()
        answers.append([np.array(interpreter.get_output(k)) for k in range(outputs)])
    return answers


def _version():
    from importlib.metadata import version
    return version("ai-edge-litert")


def _serve():
    # The library writes to stdout; keep the answers' pipe away from it.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work = {"litert": _litert, "micro": _micro, "version": _version}
    while True:
        try:
            what, *arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = (True, work[what](*arguments))
        except Exception as error:  # whatever it is, the other side wants to know it
            answer = (False, f"{type(error).__name__}: {error}")
        pickle.dump(answer, answers, protocol=4)
        answers.flush()


if __name__ == "__main__":
    _serve()
