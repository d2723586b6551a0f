from types import SimpleNamespace

import numpy as np
import pytest

from nasray.app.generator import generator_of
from nasray.core.errors import ConfigError
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
UNIFORM = {"_target_": "nasray.generators.uniform.Uniform", "share": 0.5}
EVOLUTION = {"_target_": "nasray.strategies.gpt_evolution.GptEvolution"}
BIGRAM = {
    "_target_": "nasray.generators.bigram.Bigram",
    "smoothing": 0.01,
    "share": 0.5,
    "input_shape": [3, 32, 32],
}


def config(generator, strategy=EVOLUTION, where="local"):
    host = SimpleNamespace(where=where, name=None, batch_size=4, window_ms=0.0, num_cpus=0.0)
    return SimpleNamespace(generator=generator, strategy=strategy, evaluator={"table": "nasbench201"}, host=host)


def test_none_is_built_where_none_is_named():
    assert generator_of(config(None), SPACE) == (None, ())


def test_it_is_handed_the_space():
    generator, leaks = generator_of(config(UNIFORM), SPACE)
    assert len(generator.propose([], 2, np.random.default_rng(0))) == 2
    assert leaks == ()


def test_one_that_learns_nothing_stays_in_this_process():
    generator, _ = generator_of(config(UNIFORM, where="host"), SPACE)
    assert type(generator).__name__ == "Uniform"


def test_one_that_nobody_asks_for_is_refused():
    strategy = {"_target_": "nasray.strategies.random_search.RandomSearch"}
    with pytest.raises(ConfigError, match="generator Uniform is chosen, but the strategy does not ask for one"):
        generator_of(config(UNIFORM, strategy), SPACE)


def test_labels_that_it_was_trained_on_are_refused_or_named(trained_on):
    folder = trained_on("nasbench201", "cifar10_valid_200")
    with pytest.raises(ConfigError, match=r"taught was trained on nasbench201\.cifar10_valid_200"):
        generator_of(config({**BIGRAM, "checkpoint": folder, "leak": "refuse"}), SPACE)
    _, leaks = generator_of(config({**BIGRAM, "checkpoint": folder, "leak": "allow"}), SPACE)
    assert leaks == ("taught was trained on nasbench201.cifar10_valid_200",)


@pytest.fixture
def trained_on(tmp_path):
    """Makes a checkpoint of the shipped one, as if it had seen labels."""
    from dataclasses import replace

    from nasray.core.card import Seen
    from nasray.generators.checkpoint import Checkpoint

    def made(table, column):
        shipped = Checkpoint.read("gpt_nasbench201")
        seen = Seen("elsewhere.Space", table, column, 1)
        replace(shipped, card=replace(shipped.card, name="taught", seen=(seen,))).write(tmp_path / "taught")
        return str(tmp_path / "taught")

    return made
