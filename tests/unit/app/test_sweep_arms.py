"""Jobs of an arm share one composition, and are what Hydra composes for each of them alone."""

from pathlib import Path

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import setup_globals
from hydra.types import RunMode

from nasray.app.absolute_paths import with_absolute_paths
from nasray.app.schema import resolved
from nasray.app.sweep_arms import Arms, hydra_section
from nasray.core.errors import ConfigError

FIXED = ["hydra.mode=MULTIRUN", "executor=simulator", "evaluator=synthetic"]


@pytest.fixture(scope="module")
def loader():
    setup_globals()
    return ConfigLoaderImpl(config_search_path=create_config_search_path("pkg://nasray.conf"))


@pytest.fixture(scope="module")
def master(loader):
    return loader.load_configuration("run", [*FIXED, "seed=0,1"], RunMode.MULTIRUN)


def alone(loader, master, overrides):
    """What Hydra's own launcher would hand to the search."""
    config = loader.load_sweep_config(master, overrides)
    with hydra_section(config):
        task = config.copy()
        task._set_flag("struct", False)
        del task["hydra"]
        return with_absolute_paths(resolved(task), Path.cwd())


class CountingLoader:
    def __init__(self, loader):
        self.loader, self.n_composed = loader, 0

    def load_sweep_config(self, master, overrides):
        self.n_composed += 1
        return self.loader.load_sweep_config(master, overrides)

    def get_search_path(self):
        return self.loader.get_search_path()


def test_every_seed_of_an_arm_is_what_hydra_composes_alone(loader, master):
    counting = CountingLoader(loader)
    arms = Arms(counting)
    for extra in ([], ["strategy=random_search"], ["controls=${seed}", "top=${controls}"]):
        for seed in (3, 4):
            overrides = [*FIXED[1:], *extra, f"seed={seed}"]
            assert arms.raw(master, overrides) == alone(loader, master, overrides)
            arms.load_sweep_config(master, overrides)
    assert counting.n_composed == 3
    assert arms.get_search_path() == loader.get_search_path()


def test_the_names_of_jobs_tell_their_arm_and_seed(loader, master):
    arms = Arms(loader)
    assert arms.raw(master, [*FIXED[1:], "seed=7"])["name"] == "regularized_evolution-synthetic-7"
    assert arms.raw(master, FIXED[1:])["name"] == "regularized_evolution-synthetic-0"  # without one, the arm's own
    assert arms.raw(master, [*FIXED[1:], "strategy=random_search"])["name"] == "random_search-synthetic-0"


def test_paths_that_move_with_the_seed_are_absolute(loader, master):
    raw = Arms(loader).raw(master, [*FIXED[1:], "paths.runs=runs-${seed}", "seed=5"])
    assert raw["paths"]["runs"] == str(Path.cwd() / "runs-5")


def test_an_interpolation_that_names_nothing_is_refused(loader, master):
    with pytest.raises(ConfigError, match="top"):
        Arms(loader).raw(master, [*FIXED[1:], "top=${nothing.at.all}", "seed=5"])


def test_the_meaning_of_hydras_section_is_given_back(master):
    before = HydraConfig.instance().cfg
    with hydra_section(master):
        assert HydraConfig.instance().cfg is master
    assert HydraConfig.instance().cfg is before
