# SPDX-License-Identifier: MIT
import os

import pytest

import random_models
from litert_child import Golden


SEED = int(os.environ.get("ONPU_SEED", "1"))  # chooses other random models


def pytest_report_header():
    return f"ONPU_SEED={SEED}"


@pytest.fixture(scope="session")
def seed():
    return SEED


@pytest.fixture(scope="session")
def golden():
    with Golden() as child:
        yield child


class Models:
    """Random models of each operator with the golden's tensors, made once."""

    def __init__(self, golden, seed):
        self.golden, self.seed = golden, seed
        self._made = {}

    def of(self, op, count=None):
        """A list of (case, tensors)."""
        count = random_models.default_cases(op) if count is None else min(count, random_models.default_cases(op))
        made = self._made.setdefault(op, [])
        while len(made) < count:
            case = random_models.make_case(op, len(made), self.seed)
            made.append((case, self.golden.tensors(case.model, [case.inputs], case.optimized)[0]))
        return made[:count]


@pytest.fixture(scope="session")
def models(golden, seed):
    return Models(golden, seed)
