"""A policy that continues trainings, through Ray Tune: one archive, on 1 and on 2 workers and in the simulator."""

import functools

import pytest

from nasray.app.parts import EvaluatorFactory
from nasray.core.budget import Budget
from nasray.core.event_log import NoLog
from nasray.core.seeds import Streams
from nasray.data.image_sets.digits import Digits
from nasray.evaluators.training import Training
from nasray.models.recipe import Recipe
from nasray.records.store import Store
from nasray.schedulers.successive_halving import SuccessiveHalving
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

SPACE = NasBench201(channels=2, cells_per_stage=1)
RECIPE = Recipe(
    epochs=4,
    batch_size=16,
    optimizer="sgd",
    learning_rate=0.2,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="cosine",
    warmup_epochs=0,
    label_smoothing=0.1,
    augmentation=(),
    mixed_precision=False,
)


def factory(folder) -> EvaluatorFactory:
    settings = {
        "space": SPACE,
        "images": Digits(n_train=40, n_valid=100, seed=0),
        "recipe": RECIPE,
        "acceleration": None,
        "device": "cpu",
        "torch_threads": 1,
        "report_every_epochs": 0,
        "checkpoint_every_epochs": 0,
        "keep_weights": True,
        "store": Store(root=str(folder / "store")),
        "checkpoint_folder": folder / "checkpoints",
    }
    return EvaluatorFactory(functools.partial(Training, **settings), None)


def archive(executor, folder) -> tuple[str, list]:
    inner = RegularizedEvolution(space=SPACE, population_size=4, tournament_size=2)
    policy = SuccessiveHalving(strategy=inner, rungs=[1, 2, 4], eta=2, bracket_size=4)
    search = Search(space=SPACE, strategy=policy, budget=Budget(evaluations=20), width=8, seed=3, log=NoLog())
    executor.run(search, factory(folder), Streams(3, "evaluator"))
    return archive_hash(search.outcomes), [outcome.proposal for outcome in search.outcomes]


def test_the_archive_is_that_of_the_simulator_on_one_and_on_two_workers(tmp_path):
    from nasray.tune.tune_executor import TuneExecutor

    def tune(workers):
        limits = {"time_limit_seconds": None, "max_attempts": 2, "chunk_size": 1}
        return TuneExecutor(workers=workers, width=8, cpus_per_worker=1.0, gpus_per_worker=0.0, **limits)

    simulated, proposals = archive(Simulator(workers=1), tmp_path / "simulator")
    assert sum(proposal.continues is not None for proposal in proposals) >= 4
    assert archive(tune(1), tmp_path / "one") == (simulated, proposals)
    assert archive(tune(2), tmp_path / "two") == (simulated, proposals)
