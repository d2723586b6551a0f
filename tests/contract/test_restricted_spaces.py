"""Spaces that keep to principles keep the contract of spaces; their principles come from a few random members."""

import numpy as np
import pytest

from nasray.app.parts import build
from nasray.core.restrictable import Restrictable
from nasray.refiners.frequency import Frequency
from nasray.testing.space_contract import SpaceContract

NAMES = ("cell_space", "darts", "nasbench201", "transnas_micro")


@pytest.fixture(scope="module", params=NAMES)
def space(composed, request):
    whole = build(composed("space", request.param))
    assert isinstance(whole, Restrictable)
    rng = np.random.default_rng(7)
    sources = [whole.sample(rng) for _ in range(10)]
    return whole.restrict(Frequency(space=whole, most_operators=2, most_sources=2).learn(sources))


class TestRestrictedSpaces(SpaceContract):
    """As the whole ones."""
