"""Every predictor of conf/predictor keeps the contract."""

import pytest

from nasray.app.parts import constructor_of
from nasray.testing.predictor_contract import PredictorContract


@pytest.fixture(scope="module")
def space(small_space):
    return small_space


@pytest.fixture(scope="module")
def make_predictor(composed, name, space):
    return constructor_of(composed("predictor", name), {"space": space})


class TestPredictors(PredictorContract):
    group = "predictor"
