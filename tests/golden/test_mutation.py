# SPDX-License-Identifier: MIT
"""A wrong rounding in any one operator is caught by the random models of that operator."""
import functools

import pytest

import mutants
from dump import Dump, difference

CAUGHT_BY = {
    "CONV": ["CONV_2D"],
    "DEPTHWISE": ["DEPTHWISE_CONV_2D"],
    "TRANSPOSE_CONV": ["TRANSPOSE_CONV"],
    "FULLY_CONNECTED": ["FULLY_CONNECTED"],
    "FULLY_CONNECTED_UINT8": ["FULLY_CONNECTED"],
    "CONV_UINT8_SCALE": ["CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"],
    "CONV_INT8_SCALE": ["CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"],
    "ADD": ["ADD"],
    "SUB": ["SUB"],
    "MUL": ["MUL"],
    "MUL_SCALE": ["MUL"],
    "AVERAGE_POOL": ["AVERAGE_POOL_2D"],
    "MEAN": ["MEAN"],
    "MEAN_SCALE": ["MEAN"],
    "SUM": ["SUM"],
    "RESIZE_BILINEAR": ["RESIZE_BILINEAR"],
    "RESIZE_BILINEAR_UINT8": ["RESIZE_BILINEAR"],
    "PRELU": ["PRELU"],
    "PRELU_SCALE": ["PRELU"],
    "QUANTIZE": ["QUANTIZE"],
    "QUANTIZE_FLOAT": ["QUANTIZE"],
    "RELU": ["RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"],
    "LEAKY_RELU": ["LEAKY_RELU"],
    "HARD_SWISH": ["HARD_SWISH"],
    "TABLE": ["LOGISTIC", "TANH"],
    "SOFTMAX": ["SOFTMAX"],
    "LOG_SOFTMAX": ["LOG_SOFTMAX"],
    "CONCATENATION": ["CONCATENATION"],
    "DIV": ["DIV"],
    "SQUARED_DIFFERENCE": ["SQUARED_DIFFERENCE"],
    "ABS": ["ABS"],
}


@pytest.fixture(scope="module")
def builder():
    return mutants.Builder()


@pytest.fixture(scope="module")
def unchanged(builder, models):
    """For an operator: the (case, tensors) that the unchanged kernels compute rightly, and their dumps."""
    dump = Dump(builder.build())

    @functools.cache
    def right(op):
        made = models.of(op)
        raws = dump.run([(case.model, case.inputs) for case, _ in made])
        return [pair for pair, raw in zip(made, raws) if difference(pair[0].name, pair[0].model, pair[1], raw) is None]
    return right


def test_every_mutant_is_mapped():
    assert mutants.documented(), "rounding.h documents no mutant"
    assert mutants.documented() == mutants.used(), "mutants that are documented, and that exist"
    assert set(mutants.documented()) == set(CAUGHT_BY), "mutants that are documented, and that are tried here"


@pytest.mark.parametrize("mutant", sorted(CAUGHT_BY))
def test_caught(mutant, builder, unchanged):
    dump = Dump(builder.build(mutant))
    for op in CAUGHT_BY[mutant]:
        made = unchanged(op)
        assert made, f"no model of {op} is right without the mutation"
        raws = dump.run([(case.model, case.inputs) for case, _ in made])
        wrong = sum(difference(case.name, case.model, tensors, raw) is not None
                    for (case, tensors), raw in zip(made, raws))
        print(f"{mutant}: {wrong} of {len(made)} models of {op} notice")
        assert wrong, f"{mutant} is not noticed by any of {len(made)} models of {op}"
