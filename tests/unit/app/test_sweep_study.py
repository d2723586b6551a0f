"""Searches that share their tables, and what a killed one leaves."""

from pathlib import Path

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.utils import setup_globals
from hydra.types import RunMode

from nasray.app.sweep_arms import Arms
from nasray.app.sweep_study import Studies

WORDS = ["executor=simulator", "evaluator=synthetic", "tracking=none", "budget.evaluations=20", "controls=0"]


@pytest.fixture(scope="module")
def raw():
    setup_globals()
    loader = ConfigLoaderImpl(config_search_path=create_config_search_path("pkg://nasray.conf"))
    master = loader.load_configuration("run", ["hydra.mode=MULTIRUN", *WORDS], RunMode.MULTIRUN)
    return Arms(loader).raw(master, [*WORDS, "seed=3"])


@pytest.mark.parametrize("n_removed", range(4))
def test_a_search_that_is_killed_while_it_clears_away_an_older_one_is_searched_again(
    raw, tmp_path, monkeypatch, n_removed
):
    study = Studies().of(raw)
    found = study.search(raw, tmp_path, ())
    left = [n_removed]
    unlink = Path.unlink

    def killed(path, missing_ok=False):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            study.search(raw, tmp_path, ())
    assert study.search(raw, tmp_path, ())["archive"] == found["archive"]
