# SPDX-License-Identifier: MIT
"""Random and directed single-operator models: libnpu's reference kernels against LiteRT's."""
import pytest

import random_models
from dump import Dump, difference, keep_failure

OPERATORS = random_models.operators()


@pytest.mark.parametrize("op", OPERATORS)
def test_operator(op, models):
    made = models.of(op)
    raws = Dump().run([(case.model, case.inputs) for case, _ in made])
    wrong = []
    for (case, tensors), raw in zip(made, raws):
        what = difference(f"{case.name} ({case.what})", case.model, tensors, raw)
        if what is not None:
            wrong.append(f"{what}; {keep_failure(case.name, case.model, case.inputs)}")
    assert not wrong, f"ONPU_SEED={models.seed}: {len(wrong)} of {len(made)} models differ\n" + "\n".join(wrong[:12])


@pytest.mark.parametrize("op", OPERATORS)
def test_shape(op, models):
    """The models say of their outputs what LiteRT finds: they are valid, not repaired on loading."""
    for case, tensors in models.of(op):
        for index in case.net.graph.outputs:
            found = tensors[index]
            assert (list(found.shape), found.dtype.name) == (case.net.shapes[index], case.net.dtypes[index]), case.name


@pytest.mark.parametrize("op", [op for op in OPERATORS if random_models.is_arithmetic(op)])
def test_off_clamp(op, models):
    """At least half of the outputs are not at a clamp, where all ways to round agree."""
    counts = [case.off_clamp(tensors) for case, tensors in models.of(op)]
    inside, total = (sum(column) for column in zip(*counts))
    print(f"{op}: {inside} of {total} outputs off the clamp")
    assert total >= 1000 and 2 * inside >= total, f"{inside} of {total} outputs"


def test_enough():
    assert sum(random_models.default_cases(op) for op in OPERATORS) >= 2000
