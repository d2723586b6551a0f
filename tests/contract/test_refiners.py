"""Every refiner of conf/refiner keeps the contract, on a space with fixed wiring and on one without."""

from functools import partial

import pytest

from nasray.app.parts import build
from nasray.app.predictor import predictor_tables, with_tables
from nasray.llm.fake import Fake
from nasray.testing.drawn_table import DrawnTable
from nasray.testing.refiner_contract import RefinerContract, learn_and_adapt


@pytest.fixture(scope="class")
def make_refiner(composed, name, space):
    settings = composed("refiner", name)
    table = DrawnTable(space, ["cifar10_valid_200"])
    settings = with_tables(settings, dict.fromkeys(predictor_tables(settings), table))
    fake = Fake(model="fake", latency_seconds=0.0)
    return partial(build, settings, space=space, language_model=fake)


class TestRefinersOfCells(RefinerContract):
    group = "refiner"

    @pytest.fixture(scope="class")
    @classmethod
    def space(cls, small_space):
        return small_space

    def test_it_learns_from_its_sources(self, make_refiner, space, name):
        """All but the oracle, which learns from the target, and those that learn nothing."""
        if name in ("oracle", "everything", "copy"):
            pytest.skip("a control that does not look at its sources")
        super().test_it_learns_from_its_sources(make_refiner, space)

    def test_what_it_learns_restricts_the_space(self, make_refiner, space, name):
        """Every one of these principles leaves two members or more."""
        if name == "language_model":
            pytest.skip("the fake leaves one candidate a layer; that the strategy puts such principles down is tested")
        for principles in learn_and_adapt(make_refiner, space):
            assert space.restrict(principles).size() >= 2


class TestRefinersOfWirings(TestRefinersOfCells):
    @pytest.fixture(scope="class")
    @classmethod
    def space(cls, composed):
        return build(composed("space", "darts"))
