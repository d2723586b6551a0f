"""A table of three architectures, by the Protocol that the evaluator asks for, and proposals."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Split
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams

COLUMNS = {
    "toy_valid_200": [70.0, 90.0, 80.0],
    "toy_test_200": [71.0, 91.0, 81.0],
    "toy_valid_12": [30.0, 20.0, 40.0],
}


class FakeTable:
    canonical = False
    complete = True
    names = tuple(COLUMNS)

    def __init__(self) -> None:
        self.index = {(0, 0): 0, (0, 1): 1, (1, 0): 2}

    def meaning(self, name):
        self.column(name)
        return SimpleNamespace(split=Split.TEST if "_test_" in name else Split.VALID)

    def objective(self, name):
        self.column(name)
        return "valid accuracy (%)"

    def column(self, name):
        if name not in COLUMNS:
            raise DataError(f"no column {name!r}; it has {', '.join(COLUMNS)}")
        return np.array(COLUMNS[name])

    def rows(self, architectures):
        for one in architectures:
            if one.genes not in self.index:
                raise DataError(f"no row for architecture {one.key}")
        return np.array([self.index[one.genes] for one in architectures])


@pytest.fixture
def toy_table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def streams() -> Streams:
    return Streams(7, "evaluator")


@pytest.fixture
def propose() -> Callable[..., Proposal]:
    def make(slot: int, genes: tuple[int, ...], epochs: int | None = None) -> Proposal:
        return Proposal(slot, Architecture(genes), fidelity=None if epochs is None else Fidelity(epochs))

    return make
