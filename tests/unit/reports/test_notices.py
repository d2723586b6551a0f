"""What limits a report, said before its first figure."""

from types import SimpleNamespace
from typing import Any

import pytest

from nasray.reports.notices import notices


def run(result: Any) -> Any:
    return SimpleNamespace(run_id="r", manifest={}, result=result, outcomes=["one"], path="runs/r")


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["fake"], ["Run r asked a fake language model: what it answered, and what follows from that, means nothing."]),
        (["openai"], []),
    ],
)
def test_answers_of_a_fake_mean_nothing(sources, said):
    assert notices([run({"stopped": "budget", "language_model": {"sources": sources}})], []) == said
