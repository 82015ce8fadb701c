# SPDX-License-Identifier: MIT
"""Random graphs of many operators: every tensor of libnpu's reference kernels against LiteRT's."""
import pytest

from dump import Dump, difference, keep_failure
from random_graphs import Graph, make_graph

COUNT = {"small": 200, "large": 24}


@pytest.fixture(scope="module")
def graphs(golden, seed):
    made = {}

    def of(size):
        if size not in made:
            cases = [make_graph(number, seed, size) for number in range(COUNT[size])]
            made[size] = [(case, golden.tensors(case.model, [case.inputs])[0]) for case in cases]
        return made[size]
    return of


@pytest.mark.parametrize("size", COUNT)
def test_every_tensor(size, graphs, seed):
    made = graphs(size)
    raws = Dump().run([(case.model, case.inputs) for case, _ in made])
    wrong = []
    for (case, tensors), raw in zip(made, raws):
        what = difference(f"{case.name} ({case.what})", case.model, tensors, raw)
        if what is not None:
            wrong.append(f"{what}; {keep_failure(case.name, case.model, case.inputs)}")
    assert not wrong, f"ONPU_SEED={seed}: {len(wrong)} of {len(made)} graphs differ\n" + "\n".join(wrong[:12])


@pytest.mark.parametrize("size", COUNT)
def test_graphs_are_useful(size, graphs):
    """Shapes are as declared, every operator occurs, and most results are off the clamp."""
    seen, inside, total = set(), 0, 0
    for case, tensors in graphs(size):
        seen.update(case.what.split())
        for index, value in tensors.items():
            assert list(value.shape) == case.net.shapes[index], case.name
        a, b = case.off_clamp(tensors)
        inside, total = inside + a, total + b
    assert 3 * total < 4 * inside, f"{inside} of {total} results are off the clamp"
    if size == "small":
        assert seen == set().union(*(ops for _, ops in Graph.STEPS.values()))
