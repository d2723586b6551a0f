"""What Tune's side of a crew passes on, and makes of workers that fail outside of their work."""

from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from ray import cloudpickle
from ray.exceptions import ActorDiedError, RayTaskError

from nasray.tune.relay import Relay


class Scene:
    """A relay with a desk, a watch and a Tune controller that remember what they were told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.seen: list[Any] = []
        self.trials = [SimpleNamespace(trial_id="1", status="PENDING")]
        self.controller = SimpleNamespace(
            get_trials=lambda: self.trials, stop_trial=lambda trial: self.told.append(f"stop {trial.trial_id}")
        )
        desk = SimpleNamespace(bury=SimpleNamespace(remote=lambda worker: self.told.append(f"bury {worker}")))
        self.reports: SimpleQueue[dict[str, Any]] = SimpleQueue()
        watch: Any = SimpleNamespace(look=self.seen.append)
        self.relay = Relay(desk, self.reports, watch)

    def fails(self, error: Exception, folder) -> None:
        file = folder / "error.pkl"
        file.write_bytes(cloudpickle.dumps(error))
        trial: Any = SimpleNamespace(pickled_error_file=str(file), trial_id="1")
        self.relay.on_trial_error(self.controller, trial)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def setup_error() -> RayTaskError:
    return RayTaskError("ChunkWorker.__init__", "ModuleNotFoundError: no module named mine", ValueError("mine"))


@pytest.mark.parametrize("error", [setup_error(), ActorDiedError(setup_error())], ids=["task", "actor"])
def test_a_worker_that_cannot_be_set_up_is_reported(scene, error, tmp_path):
    scene.fails(error, tmp_path)
    assert scene.told == ["bury 1"]
    said = scene.reports.get_nowait()["error"]
    assert said.startswith("a worker could not be set up:")
    assert "no module named mine" in said


def test_a_worker_that_was_killed_is_one_line_and_no_report(scene, tmp_path, capsys):
    scene.fails(ActorDiedError(), tmp_path)
    assert scene.told == ["bury 1"]
    assert scene.reports.empty()
    said = capsys.readouterr().err
    assert said == (
        "nasray: worker 1 died, and another takes its place: The actor died unexpectedly before finishing this task.\n"
    )


def test_results_are_passed_on_and_workers_go_on(scene):
    result = {"order": 3, "answer": b"[]"}
    assert scene.relay.on_trial_result(scene.controller, scene.trials[0], result) == "CONTINUE"
    assert scene.reports.get_nowait() == result


def test_in_every_round_the_workers_are_looked_after_until_the_end(scene):
    assert scene.relay.choose_trial_to_run(scene.controller) is scene.trials[0]
    scene.relay.end()
    assert scene.relay.choose_trial_to_run(scene.controller) is None
    assert scene.seen == [scene.trials]
    assert scene.told == ["stop 1"]


def test_workers_that_die_and_die_before_they_bring_anything_end_the_search(scene, tmp_path):
    for _ in range(20):
        scene.fails(ActorDiedError(), tmp_path)
    assert scene.reports.empty()
    scene.relay.on_trial_result(scene.controller, scene.trials[0], {"order": 1})
    assert scene.reports.get_nowait() == {"order": 1}
    for _ in range(21):
        scene.fails(ActorDiedError(), tmp_path)
    said = scene.reports.get_nowait()["error"]
    assert said.startswith("21 workers died and none brought anything; the last: The actor died unexpectedly")
