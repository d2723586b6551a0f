"""What limits a report, said before its first figure."""

from types import SimpleNamespace
from typing import Any

import pytest

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.reports.notices import notices


def run(result: Any, notes: Any = None) -> Any:
    outcome = Outcome(Proposal(0, Architecture((0,)), notes=notes), Measurement(1.0))
    return SimpleNamespace(run_id="r", manifest={}, result=result, outcomes=[outcome], path="runs/r")


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["fake"], ["Run r asked a fake language model: what it answered, and what follows from that, means nothing."]),
        (["openai"], []),
    ],
)
def test_answers_of_a_fake_mean_nothing(sources, said):
    assert notices([run({"stopped": "budget", "language_model": {"sources": sources}})], []) == said


def test_a_predictor_that_was_stopped_is_said():
    noted = {"prune_evolve": {"stopped": "the same score (7) for all of 9 architectures", "scores_asked": 9}}
    assert notices([run({"stopped": "budget"}, noted)], []) == [
        "Run r, prune_evolve: the predictor was stopped at slot 0, because it gave the same score (7) for all of 9 "
        "architectures."
    ]
