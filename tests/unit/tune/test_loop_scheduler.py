"""What the scheduler makes of workers that fail outside of an evaluation."""

from types import SimpleNamespace
from typing import Any

import pytest
from ray import cloudpickle
from ray.exceptions import ActorDiedError, RayTaskError

from nasray.tune.loop_scheduler import LoopScheduler


class Nothing:
    """A workload that is waited for, a desk and a Tune controller that remember what they were told."""

    finished = False

    def __init__(self) -> None:
        self.told: list[str] = []
        for name in ("put", "close", "bury"):
            setattr(self, name, SimpleNamespace(remote=lambda *_, name=name: self.told.append(name)))
        self.request_stop_experiment = lambda: self.told.append("stop")

    def take(self, _limit: int) -> None:
        return None


def told(error: Exception, folder) -> tuple[LoopScheduler, list[str]]:
    file = folder / "error.pkl"
    file.write_bytes(cloudpickle.dumps(error))
    nothing: Any = Nothing()
    scheduler = LoopScheduler(nothing, nothing, 1)
    nothing.told.clear()
    trial: Any = SimpleNamespace(pickled_error_file=str(file), trial_id="1")
    scheduler.on_trial_error(nothing, trial)
    return scheduler, nothing.told


def setup_error() -> RayTaskError:
    return RayTaskError("ChunkWorker.__init__", "ModuleNotFoundError: no module named mine", ValueError("mine"))


@pytest.mark.parametrize("error", [setup_error(), ActorDiedError(setup_error())], ids=["task", "actor"])
def test_a_worker_that_cannot_be_set_up_ends_the_search(error, tmp_path):
    scheduler, done = told(error, tmp_path)
    assert done == ["bury", "close", "stop"]
    with pytest.raises(RuntimeError, match=r"(?s)a worker could not be set up:.*no module named mine"):
        raise scheduler.error


def test_a_worker_that_was_killed_does_not(tmp_path):
    scheduler, done = told(ActorDiedError(), tmp_path)
    assert (scheduler.error, done) == (None, ["bury"])
