# SPDX-License-Identifier: MIT
"""Random and directed single-operator models: make_case(op, number, seed) for each of operators()."""
from cases import GENERATORS, Case, make_case  # noqa: F401 (this is where users find them)
from importlib import import_module

for _module in ("dot", "elementwise", "table", "reduce", "move"):
    import_module("models_" + _module)  # registers its generators


def operators():
    return sorted(GENERATORS)


def default_cases(op):
    return GENERATORS[op][1]


def is_arithmetic(op):
    return GENERATORS[op][2]


def cases(op, seed, count=None):
    """The first count models of an operator, by default as many as its generator asks for."""
    return [make_case(op, number, seed) for number in range(default_cases(op) if count is None else count)]
