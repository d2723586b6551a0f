"""What is said of settings that are possible and without effect."""

from types import SimpleNamespace

import pytest

from nasray.app.idle_settings import idle_settings
from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.strategies.hat_evolution import HatEvolution
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.switch_by_iteration import SwitchByIteration


def given(part, **fields):
    """A strategy of which only these settings matter."""
    strategy = object.__new__(part)
    vars(strategy).update(fields)
    return strategy


def said(strategy, *command, evaluator=None, evaluations=100):
    config = SimpleNamespace(evaluator=evaluator or {"dataset": "cifar10"}, dataset={"_target_": "x", "n": 1})
    budget = Budget(evaluations=evaluations, wall_seconds=None)
    composed = SimpleNamespace(strategy=strategy, config=config, budget=budget, evaluator=SimpleNamespace())
    return idle_settings(composed, command)


class Source:
    def best(self):
        return [Architecture((gene,)) for gene in range(30)]


def transfer(**fields):
    return given(PrincipleTransfer, **{"adapt_at": [], "copied": 0, "sources": [Source(), Source()]} | fields)


@pytest.mark.parametrize(
    ("adapt_at", "late"),
    [([10, 99], None), ([10, 100, 200], [100, 200])],
)
def test_adaptations_after_the_end(adapt_at, late):
    expected = [f"adapt_at {late} is never reached: the search ends after budget.evaluations=100"] if late else []
    assert said(transfer(adapt_at=adapt_at)) == expected
    assert said(SimpleNamespace(inner=transfer(adapt_at=adapt_at))) == expected


@pytest.mark.parametrize(("copied", "evaluations", "told"), [(30, 100, 0), (31, 100, 1), (100, 100, 1), (100, 30, 0)])
def test_more_copies_than_there_are_cells(copied, evaluations, told):
    expected = f"copied={copied} is more than the 30 cells that the sources give: slots from 30 on search"
    assert said(transfer(copied=copied), evaluations=evaluations) == [expected] * told


@pytest.mark.parametrize(("end", "told"), [(0, 0), (30, 0), (31, 1)])
def test_a_switch_after_the_end(end, told):
    strategy = given(HatEvolution, switch=SwitchByIteration(start=0, end=end), iterations=30)
    assert said(strategy) == ["switch.end=31 is never reached: the search ends after iterations=30"] * told


def test_switches_without_an_iteration():
    assert said(given(HatEvolution, switch=SimpleNamespace(end=99), iterations=30)) == []


def test_images_for_an_evaluator_that_looks_up():
    message = "the group dataset is not read by evaluator SimpleNamespace"
    assert said(None, "seed=1", "dataset=mnist") == [f"{message}: its own is evaluator.dataset=cifar10"]
    assert said(None, "dataset.n=3", evaluator={"n": 1}) == [message]
    assert said(None, "seed=1") == []
    inner = {"inner": {"images": {"_target_": "x", "n": 1}}}
    assert said(None, "dataset=mnist", evaluator=inner) == []
