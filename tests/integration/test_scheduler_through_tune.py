"""Every policy on candidates that are really trained, through Ray Tune: one archive, wherever it is computed.

Policies share their Tune runs, for a worker takes seconds to start: one run on a worker, and one on two, carry the
searches of all.
"""

import functools
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nasray.app.parts import EvaluatorFactory
from nasray.core.budget import Budget
from nasray.core.event_log import NoLog
from nasray.core.executor import Chunk
from nasray.core.seeds import Streams
from nasray.data.image_sets.digits import Digits
from nasray.evaluators.training import Training
from nasray.models.recipe import Recipe
from nasray.predictors.parameters import Parameters
from nasray.records.store import Store
from nasray.schedulers.evolution import Evolution
from nasray.schedulers.inheriting import Inheriting
from nasray.schedulers.median import Median
from nasray.schedulers.never_stop import NeverStop
from nasray.schedulers.predictor_switch import PredictorSwitch
from nasray.schedulers.successive_halving import SuccessiveHalving
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

SPACE = NasBench201(channels=2, cells_per_stage=1)
STREAMS = Streams(3, "evaluator")
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
SCORES = Parameters(space=SPACE, input_shape=(1, 8, 8), n_classes=10)
SHORT_AND_LONG = {"generation_size": 4, "survivors": 2, "short_epochs": 1, "long_epochs": 4}
POLICIES = {
    "evolution": functools.partial(Evolution, remembered_generations=2, **SHORT_AND_LONG),
    "inheriting": functools.partial(Inheriting, remembered=8),
    "median": functools.partial(Median, rungs=[1, 2, 4], grace=2),
    "never_stop": NeverStop,
    "predictor_switch": functools.partial(
        PredictorSwitch, space=SPACE, predictor=SCORES, warm_up=4, switch_after=12, parents=4, batch_size=4
    ),
    "successive_halving": functools.partial(SuccessiveHalving, rungs=[1, 2, 4], eta=2, bracket_size=4),
}


def search_under(policy):
    inner = RegularizedEvolution(space=SPACE, population_size=4, tournament_size=2)
    budget = Budget(evaluations=14)
    return Search(space=SPACE, strategy=policy(strategy=inner), budget=budget, width=4, seed=3, log=NoLog())


@dataclass
class Together:
    """The searches of all policies as one workload, in turn; each proposal notes its policy for ``Trainings``."""

    searches: dict[str, Search]
    n_chunks: int = 0
    taken: dict[int, tuple[str, Chunk]] = field(default_factory=dict)

    def __post_init__(self):
        self.turns = deque(self.searches)

    @property
    def finished(self):
        return all(search.finished for search in self.searches.values())

    def take(self, limit):
        for policy in list(self.turns):
            self.turns.rotate(-1)
            chunk = self.searches[policy].take(limit)
            if chunk is not None:
                self.n_chunks += 1
                self.taken[self.n_chunks] = (policy, chunk)
                noted = tuple(one._replace(notes={"policy": policy}) for one in chunk.proposals)
                return Chunk(self.n_chunks, noted)
        return None

    def deliver(self, chunk, results):
        policy, own = self.taken.pop(chunk.number)
        self.searches[policy].deliver(own, results)


@dataclass
class Trainings:
    """An evaluator for every policy, with weights of its own."""

    folder: Path
    metric: str = "valid accuracy (%)"
    chunk_size: int = 1
    known: dict[str, Training] = field(default_factory=dict)

    def evaluate(self, proposals, streams):
        return [self.of(one.notes["policy"]).evaluate([one], streams)[0] for one in proposals]

    def of(self, policy):
        settings: dict[str, Any] = {
            "space": SPACE,
            "images": Digits(n_train=40, n_valid=100, seed=0),
            "recipe": RECIPE,
            "acceleration": None,
            "device": "cpu",
            "torch_threads": 1,
            "report_every_epochs": 0,
            "checkpoint_every_epochs": 0,
            "keep_weights": True,
            "store": Store(root=str(self.folder / policy / "store")),
            "checkpoint_folder": self.folder / policy / "checkpoints",
        }
        return self.known.setdefault(policy, Training(**settings))


def outcomes_of(executor, folder):
    """Policy -> what its search was told."""
    together = Together({name: search_under(policy) for name, policy in POLICIES.items()})
    executor.run(together, EvaluatorFactory(functools.partial(Trainings, folder), None), STREAMS)
    return {name: search.outcomes for name, search in together.searches.items()}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return outcomes_of(Simulator(workers=1), tmp_path_factory.mktemp("simulator"))


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def through_tune(request, tmp_path_factory):
    from nasray.tune.tune_executor import TuneExecutor

    executor = TuneExecutor(
        workers=request.param,
        width=4,
        cpus_per_worker=1.0,
        gpus_per_worker=0.0,
        time_limit_seconds=None,
        max_attempts=2,
        chunk_size=1,
        evaluator_chunk_size=1,
    )
    return outcomes_of(executor, tmp_path_factory.mktemp("tune"))


@pytest.mark.parametrize("policy", POLICIES)
def test_the_archive_is_that_of_the_simulator(policy, simulated, through_tune):
    assert len(through_tune[policy]) == 14
    assert archive_hash(through_tune[policy]) == archive_hash(simulated[policy])
    assert [one.proposal for one in through_tune[policy]] == [one.proposal for one in simulated[policy]]


@pytest.mark.parametrize(
    ("policy", "continuing", "inheriting"),
    [
        ("evolution", 4, 2),
        ("inheriting", 0, 5),
        ("median", 5, 0),
        ("never_stop", 0, 0),
        ("predictor_switch", 0, 0),
        ("successive_halving", 3, 0),
    ],
)
def test_the_searches_do_what_their_policies_are_for(policy, continuing, inheriting, simulated):
    """Or equal archives would prove little: candidates go on, and inherit, at least so often."""
    proposals = [one.proposal for one in simulated[policy]]
    assert sum(one.continues is not None for one in proposals) >= continuing
    assert sum(one.inherits is not None for one in proposals) >= inheriting
    assert len({one.value for one in simulated[policy]}) > 3
    assert {one.operation for one in proposals} & {"mutation", "promotion"}
