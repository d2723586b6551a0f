"""A search whose driver dies after every single deletion still finds all the weights it needs, and keeps no others."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest

from nasray.core.budget import Budget
from nasray.core.image_set import Images, ImageSet
from nasray.core.measurement import Measurement
from nasray.core.seeds import Streams
from nasray.evaluators.training import Training
from nasray.models.checkpoint_name import slot_of
from nasray.models.checkpoints import Checkpoints
from nasray.models.recipe import Recipe
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


@dataclasses.dataclass(frozen=True)
class Stripes:
    """Three kinds of stripes with much noise."""

    def load(self):
        rng = np.random.default_rng(0)

        def part(n):
            y = np.arange(n) % 3
            x = rng.normal(size=(n, 1, 6, 6)) * 1.5 + np.sin(np.arange(6) * (1 + y[:, None, None, None]))
            return Images(x.astype(np.float32), y)

        return ImageSet("stripes", 3, part(24), part(90), part(9))


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


def training(folder: Path) -> Training:
    recipe = Recipe(
        epochs=3,
        batch_size=8,
        optimizer="sgd",
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=0.0,
        schedule="cosine",
        warmup_epochs=0,
        label_smoothing=0.0,
        augmentation=(),
        mixed_precision=False,
    )
    return Training(
        space=SPACE,
        images=Stripes(),
        recipe=recipe,
        device="cpu",
        torch_threads=1,
        report_every_epochs=0,
        checkpoint_every_epochs=1,
        keep_weights=True,
        store=Store(root=str(folder / "store")),
        checkpoint_folder=folder / "checkpoints",
    )


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


def live_once(folder: Path, make, delete) -> Search:
    """Begin or resume the search in ``folder`` and run it to its end, or to the driver's."""
    folder.mkdir(exist_ok=True)
    path = folder / "journal.jsonl"
    past, tail = read_journal(path) if path.exists() else (None, None)
    journal = Journal(path, fsync=False, tail=tail)
    scheduler, evaluator = make(), training(folder)
    checkpoints = Checkpoints(store=evaluator.store, folder=folder / "checkpoints")
    sweep = functools.partial(checkpoints.sweep, delete=delete)
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
        journal._buffer.clear()  # what was gathered and not written dies with its process
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
    make, lifetime, tmp_path, monkeypatch
):
    monkeypatch.setattr("nasray.records.journal.GATHER_SECONDS", 3600)  # written when the janitor asks for it, or lost
    calm = live_once(tmp_path / "calm", make, Store(root=str(tmp_path / "calm" / "store")).delete)
    assert all(isinstance(outcome.result, Measurement) for outcome in calm.outcomes)

    troubled, deaths = tmp_path / "troubled", 0
    mortality = Mortality(monkeypatch, troubled)
    while True:
        mortality.left = lifetime
        try:
            resumed = live_once(troubled, make, mortality.delete)
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


def test_offspring_do_inherit(tmp_path):
    search = live_once(tmp_path / "run", evolution, Store(root=str(tmp_path / "run" / "store")).delete)
    shares = [one.result.columns["inherited_share"] for one in search.outcomes if one.proposal.inherits is not None]
    assert len(shares) > 2
    assert max(shares) > 0.5
