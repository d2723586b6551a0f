"""The figures of hosts, from what they would say."""

import pytest
from ray.exceptions import RaySystemError

from nasray.actors import directory
from nasray.actors.host_watch import HostWatch
from nasray.core.errors import ConfigError


def said(pid: int, items: int) -> dict[str, object]:
    return {"pid": pid, "items": items, "mean_batch_size": 2.5, "queue_length": 3, "name": "ridge-1"}


def figures(part: str, items: int, restarts: int) -> dict[str, float]:
    return {
        f"host/{part}/answers": 1,
        f"host/{part}/items": items,
        f"host/{part}/mean_batch": 2.5,
        f"host/{part}/waiting": 3,
        f"host/{part}/restarts": restarts,
    }


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What each host says; an error is raised."""
    found: dict[str, object] = {}

    def health(name: str, patience_seconds: float) -> object:
        assert patience_seconds == 0.5
        answer = found[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(directory, "health", health)
    return found


def test_each_part_has_its_own_figures(answers: dict[str, object]):
    watch = HostWatch(names={"predictor": "ridge-1", "generator": "gpt-1"}, patience_seconds=0.5)
    answers |= {"ridge-1": said(5, 40), "gpt-1": said(7, 8)}
    assert watch() == {**figures("predictor", 40, 0), **figures("generator", 8, 0)}


def test_a_host_that_began_anew_is_noticed_also_after_it_was_silent(answers: dict[str, object]):
    watch = HostWatch(names={"predictor": "ridge-1"}, patience_seconds=0.5)
    answers["ridge-1"] = said(60, 40)
    assert watch() == figures("predictor", 40, 0)
    silent = (None, ConfigError("no host is called 'ridge-1'"), RaySystemError("the cluster is gone"))
    for answers["ridge-1"] in silent:
        assert watch() == {"host/predictor/answers": 0}
    answers["ridge-1"] = said(61, 5)
    assert watch() == figures("predictor", 5, 1)
    answers["ridge-1"] = said(61, 9)
    assert watch() == figures("predictor", 9, 1)
    answers["ridge-1"] = said(62, 0)
    assert watch() == figures("predictor", 0, 2)
