"""A search whose driver dies after every single deletion still finds all the weights it needs, and keeps no others."""

from functools import partial
from pathlib import Path

import pytest

from nasray.core.budget import Budget
from nasray.core.measurement import Measurement
from nasray.core.seeds import Streams
from nasray.models.checkpoint_name import slot_of
from nasray.models.checkpoints import Checkpoints
from nasray.records.janitor import Janitor
from nasray.records.journal import Journal, read_journal
from nasray.records.store import Store
from nasray.schedulers.evolution import Evolution
from nasray.schedulers.successive_halving import SuccessiveHalving
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

SPACE = NasBench201(channels=2, cells_per_stage=1)
N, SEED = 24, 2


class Killed(BaseException):
    """The driver is gone."""


def strategy():
    return RegularizedEvolution(space=SPACE, population_size=6, tournament_size=2)


def evolution():
    return Evolution(
        strategy=strategy(),
        generation_size=6,
        survivors=2,
        short_epochs=1,
        long_epochs=2,
        remembered_generations=1,
    )


def halving():
    return SuccessiveHalving(strategy=strategy(), rungs=[1, 2, 3], eta=2, bracket_size=4)


@pytest.fixture
def training(small_training):
    recipe = {"epochs": 3, "weight_decay": 0.0, "label_smoothing": 0.0, "augmentation": ()}
    return partial(small_training, noise=1.5, sizes=(24, 90, 9), recipe=recipe, checkpoint_every_epochs=1)


class Mortality:
    """Lets the driver live for a number of deletions."""

    def __init__(self, monkeypatch, folder: Path):
        self.left: int | None = None
        self.store = Store(root=str(folder / "store"))
        unlink = Path.unlink

        def mortal(path, missing_ok=False):
            present = path.exists()
            unlink(path, missing_ok=missing_ok)
            if present and path.parent == folder / "checkpoints":
                self._count()

        monkeypatch.setattr(Path, "unlink", mortal)

    def delete(self, address):
        present = (Path(self.store.root) / address[:2] / address).exists()
        self.store.delete(address)
        if present:  # what a life before deleted is deleted again, to no effect
            self._count()

    def _count(self):
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Killed


def live_once(folder: Path, make, evaluator, delete) -> Search:
    """Begin or resume the search in ``folder`` and run it to its end, or to the driver's."""
    folder.mkdir(exist_ok=True)
    path = folder / "journal.jsonl"
    past, tail = read_journal(path) if path.exists() else (None, None)
    journal = Journal(path, fsync=False, tail=tail)
    scheduler = make()
    checkpoints = Checkpoints(store=evaluator.store, folder=folder / "checkpoints")
    sweep = partial(checkpoints.sweep, delete=delete)
    janitor = Janitor(live=scheduler.live, secure=journal.flush, sweep=sweep)
    try:
        search = Search(
            space=SPACE,
            strategy=scheduler,
            budget=Budget(evaluations=N),
            width=3,
            seed=SEED,
            log=journal,
            observers=[janitor],
            past=past,
        )
        Simulator(workers=2).run(search, lambda: evaluator, Streams(SEED, "evaluator"))
    except Killed:
        journal._events.clear()  # what was gathered and not written dies with its process
        raise
    finally:
        journal.close()
    search.scheduler = scheduler
    return search


def kept(folder: Path) -> tuple[set[int], int]:
    """The slots that have a small file, and the number of blobs."""
    slots = {slot_of(path.name) for path in (folder / "checkpoints").iterdir()}
    return slots, sum(path.is_file() for path in (folder / "store").rglob("*"))


@pytest.mark.parametrize(("make", "lifetime"), [(evolution, 1), (halving, 1), (evolution, 9)])
def test_a_driver_that_dies_after_every_few_deletions_ends_as_if_it_had_never_died(
    make, lifetime, training, tmp_path, monkeypatch
):
    monkeypatch.setattr("nasray.records.journal.GATHER_SECONDS", 3600)  # written when the janitor asks for it, or lost
    calm = live_once(
        tmp_path / "calm", make, training(tmp_path / "calm"), Store(root=str(tmp_path / "calm" / "store")).delete
    )
    assert all(isinstance(outcome.result, Measurement) for outcome in calm.outcomes)

    troubled, deaths = tmp_path / "troubled", 0
    mortality = Mortality(monkeypatch, troubled)
    while True:
        mortality.left = lifetime
        try:
            resumed = live_once(troubled, make, training(troubled), mortality.delete)
            break
        except Killed:
            deaths += 1
    assert deaths > N // lifetime, "a blob and a small file a slot"
    assert archive_hash(resumed.outcomes) == archive_hash(calm.outcomes)
    assert [dict(one.result.columns) for one in resumed.outcomes] == [dict(one.result.columns) for one in calm.outcomes]

    slots, n_blobs = kept(troubled)
    best = min(calm.outcomes, key=lambda one: (-one.rung, -one.value, one.proposal.slot)).proposal.slot
    assert slots == calm.scheduler.live() | {best}
    assert n_blobs == len(slots)
    assert (slots, n_blobs) == kept(tmp_path / "calm")


def test_offspring_do_inherit(training, tmp_path):
    folder = tmp_path / "run"
    search = live_once(folder, evolution, training(folder), Store(root=str(folder / "store")).delete)
    shares = [one.result.columns["inherited_share"] for one in search.outcomes if one.proposal.inherits is not None]
    assert len(shares) > 2
    assert max(shares) > 0.5
