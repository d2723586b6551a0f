"""Every evaluator of conf/evaluator keeps the contract, at settings that take no time."""

import numpy as np
import pytest

from nasray.app.parts import build, columns_table_name, evaluator_factory, table_names
from nasray.core.architecture import Architecture
from nasray.core.proposal import Proposal
from nasray.data.catalog import Catalog
from nasray.testing.evaluator_contract import EvaluatorContract

TINY = {
    "nasray.evaluators.delayed.Delayed": {"seconds": 0.002, "jitter": 0.001},
    "nasray.evaluators.training.Training": {"report_every_epochs": 1},
    "nasray.evaluators.translation_training.TranslationTraining": {"keep_weights": False},
}
"""By class, so that further YAML files of a class are small too."""

TINY_RECIPE = {"epochs": 2, "warmup_epochs": 0, "augmentation": ["shift"]}
TINY_TEXT_RECIPE = {"updates": 2, "warmup_updates": 1}


@pytest.fixture(scope="module")
def settings(composed, name, request):
    settings = composed("evaluator", name, "dataset.n_train=40", "dataset.n_valid=40")
    if "text" in settings:
        settings["text"] = request.getfixturevalue("small_text")
        if "weights" in settings:
            settings["weights"] = str(request.getfixturevalue("small_supernet"))
    if "recipe" in settings:
        settings["recipe"] |= TINY_TEXT_RECIPE if "text" in settings else TINY_RECIPE
    if settings.get("acceleration"):
        settings["acceleration"]["retraining"] |= TINY_RECIPE
    return settings | TINY.get(settings["_target_"], {})


@pytest.fixture(scope="module")
def small_text(composed, tmp_path_factory):
    """Settings of a few sentences whose translations are the same in capitals."""
    folder = tmp_path_factory.mktemp("text")
    for part, n in (("train", 40), ("valid", 6), ("test", 4)):
        lines = [f"{'abcdefgh'[k % 8]} {'mnopq'[k % 5]} {'xyz'[k % 3]}\n" for k in range(n)]
        (folder / f"{part}.en").write_text("".join(lines))
        (folder / f"{part}.de").write_text("".join(lines).upper())
    return composed("dataset", "parallel_text", f"dataset.folder={folder}", "dataset.vocabulary=260")


@pytest.fixture(scope="module")
def small_supernet(composed, small_text, tmp_path_factory):
    """A file of weights that no training has touched."""
    import torch

    from nasray.evaluators.supernet import facts_of
    from nasray.models.hat_supernet import HatSupernet
    from nasray.models.supernet_file import SupernetFile
    from nasray.models.supernet_members import extreme

    space, text = build(composed("space", "hat_small")), build(small_text)
    widest, rng = extreme(space.choices, max), torch.Generator().manual_seed(0)
    supernet = HatSupernet(widest, space.qkv_dim, text.load().n_words + 3, 0.0, rng)
    state = {f"weights.{name}": weight.detach() for name, weight in supernet.named_parameters()}
    path = tmp_path_factory.mktemp("supernet") / "supernet.safetensors"
    SupernetFile(state=state, facts=facts_of(space, text)).write(path)
    return path


@pytest.fixture(scope="module")
def live(settings, small_space, composed, request):
    """What the evaluator is handed: the tables it names and the space they belong to, or any small space."""
    handed = {"space": small_space, "store": None, "checkpoint_folder": None}
    if "text" in settings:
        handed["space"] = build(composed("space", "hat_small"))
    further = columns_table_name(settings)
    names = [*table_names(settings), *([further] if further else [])]
    if names:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("tables")
        catalog = Catalog(folder=folder, mirror=request.getfixturevalue("mirror"))
        handed["space"] = build(composed("space", catalog.entry(names[0]).space))
        tables = [catalog.open(table, handed["space"]) for table in names]
        handed |= {"table": tables[0], "columns_table": tables[-1] if further else None}
    return handed


@pytest.fixture(scope="module")
def make_evaluator(settings, live):
    return evaluator_factory(settings, **live)


@pytest.fixture(scope="module")
def proposals(settings, live):
    """Rows of its table where it has one, since some know a part of their space only."""
    n = 4 if "recipe" in settings or "text" in settings else 30
    if "table" in live:
        known = [Architecture(tuple(genes)) for genes in live["table"].index]
        return [Proposal(slot, known[slot * (len(known) // n)]) for slot in range(n)]
    rng = np.random.default_rng(0)
    return [Proposal(slot, live["space"].sample(rng)) for slot in range(n)]


class TestEvaluators(EvaluatorContract):
    group = "evaluator"
