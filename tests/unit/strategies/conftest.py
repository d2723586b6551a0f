"""A tiny space whose searches can be followed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture


@dataclass
class Line:
    """The integers 0 … length-1; neighbours are one apart."""

    length: int

    def sample(self, rng: np.random.Generator) -> Architecture:
        return Architecture((int(rng.random() * self.length),))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        near = self.neighbours(architecture)
        return near[int(rng.random() * len(near))]

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        return first if rng.random() < 0.5 else second

    def neighbours(self, architecture: Architecture) -> Sequence[Architecture]:
        at = architecture.genes[0]
        return [Architecture((near,)) for near in (at - 1, at + 1) if 0 <= near < self.length]

    def validate(self, architecture: Architecture) -> None:
        if not 0 <= architecture.genes[0] < self.length:
            raise InvalidArchitecture(f"{architecture.genes} is not on the line; give 0 to {self.length - 1}")

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        return architecture

    def canonical(self, architecture: Architecture) -> Architecture:
        return architecture


@dataclass
class Bare:
    """Hides every capability of a space."""

    inner: Line

    def __post_init__(self) -> None:
        self.sample, self.mutate, self.validate = self.inner.sample, self.inner.mutate, self.inner.validate
        self.repair, self.canonical = self.inner.repair, self.inner.canonical


@pytest.fixture
def line() -> Line:
    return Line(64)


@pytest.fixture
def bare(line: Line) -> Bare:
    return Bare(line)
