"""What ``compose`` refuses, before anything is written and without a cluster."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from nasray.app.composition import compose, observers_of
from nasray.core.errors import NasrayError

Change = Callable[[dict[str, Any]], None]


def raw_config(*overrides: str) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        config = hydra_compose("run", ["executor=simulator", "tracking=none", *overrides], return_hydra_config=True)
        HydraConfig.instance().set_config(config)
        raw: Any = OmegaConf.to_container(config, resolve=False)
        resolved = OmegaConf.create({**raw, "name": "a-test"})
        del resolved["hydra"]
        return OmegaConf.to_container(resolved, resolve=True)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def synthetic() -> dict[str, Any]:
    return raw_config("evaluator=synthetic")


@pytest.fixture(scope="module")
def training() -> dict[str, Any]:
    return raw_config("evaluator=training")


def changed(config: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    new = copy.deepcopy(config)
    section = new
    *path, last = key.split(".")
    for step in path:
        section = section[step]
    if value is Ellipsis:
        del section[last]
    else:
        section[last] = value
    return new


def message_of(config: dict[str, Any], folder: Path) -> str:
    with pytest.raises(NasrayError) as caught:
        compose(config, folder)
    return str(caught.value)


def test_the_default_composes(synthetic, tmp_path: Path) -> None:
    composed = compose(synthetic, tmp_path)
    assert composed.budget.evaluations == 120
    assert composed.evaluator.metric == "synthetic valid score (0-100)"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("seed", "abc", "seed ('abc') must be a valid integer"),
        ("seed", -1, "seed (-1) must be greater than or equal to 0"),
        ("seed", 1.5, "seed (1.5) must be a valid integer"),
        ("seed", True, "seed (True) must be a valid integer"),
        ("seed", "3", "seed ('3') must be a valid integer"),
        ("width", 0, "width (0) must be greater than or equal to 1"),
        ("top", 0, "top (0) must be greater than or equal to 1"),
        ("controls", -1, "controls (-1) must be greater than or equal to 0"),
        ("sedd", 1, "sedd (1) is not a setting (did you mean seed?); take it away"),
        ("strategy", ..., "strategy is missing; put it back, or name an option of its group"),
        ("strategy", [1], "strategy ([1]) must be a valid dictionary"),
        ("budget.evaluations", 0, "budget.evaluations (0) must be at least 1"),
        ("budget.wall_seconds", -1, "budget.wall_seconds (-1.0) must be positive, or null"),
        ("budget.foo", 1, "budget.foo (1) is not a setting; take it away"),
        ("ray.num_cpus", "all", "ray.num_cpus ('all') must be a valid integer"),
        ("strategy.population_size", 1, "population_size (1) must be at least 2"),
        ("strategy.population_size", "", "RegularizedEvolution: population_size ('') must be a valid integer"),
        ("strategy.population_size", 10.0, "RegularizedEvolution: population_size (10.0) must be a valid integer"),
        ("strategy.population_size", None, "RegularizedEvolution: population_size (None) must be a valid integer"),
        ("strategy.population_size", ..., "RegularizedEvolution: population_size must be set; give it in its YAML"),
        ("strategy.tournament_size", 21, "tournament_size (21) must be between 1 and population_size (20)"),
        ("strategy.popsize", 3, "no setting is called popsize"),
        (
            "strategy._target_",
            "nasray.nope.Class",
            "_target_ ('nasray.nope.Class') cannot be imported: No module named",
        ),
        ("strategy._target_", "Class", "_target_ ('Class') cannot be imported: Empty module name; name a class"),
        (
            "strategy._target_",
            "math.sqrtt",
            "_target_ ('math.sqrtt') cannot be imported: module 'math' has no attribute",
        ),
        ("strategy._target_", "math.sqrt", "_target_ ('math.sqrt') must be a class"),
        ("strategy._target_", ..., "_target_ ('') cannot be imported"),
        (
            "tracking.mode",
            "foo",
            "tracking.mode ('foo') must be none where no tracker is chosen; choose tracking=wandb",
        ),
        ("space.channels", 0, "channels (0) must be at least 1"),
        ("space.chanels", 3, "NasBench201: no setting is called chanels (did you mean channels?); it has: channels"),
        ("space.chanels", 3, "where an experiment set it for another part, take it away by ~space.chanels"),
        ("evaluator.foo", 3, "chunk_size; where an experiment set it for another part, take it away by ~evaluator.foo"),
        ("scheduler.foo", 3, "NeverStop: no setting is called foo; it has: none; where an experiment set it"),
        ("evaluator.n_choices", 3.5, "Synthetic: n_choices (3.5) must be a valid integer"),
        ("executor.workers", 0, "workers (0) must be at least 1"),
        ("paths.runs", "", "paths.runs ('') must name a folder: an empty one would be the root of the filesystem; set"),
    ],
)
def test_an_impossible_setting_is_refused(synthetic, tmp_path: Path, key: str, value: Any, message: str) -> None:
    assert message in message_of(changed(synthetic, key, value), tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_wrong_settings_are_both_named(synthetic, tmp_path: Path) -> None:
    message = message_of(changed(changed(synthetic, "width", 0), "top", "x"), tmp_path)
    assert "width (0)" in message
    assert "top ('x')" in message


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("evaluator.recipe.epochs", "x", "Recipe: epochs ('x') must be a valid integer"),
        ("evaluator.recipe.epoch", 3, "Recipe: no setting is called epoch (did you mean epochs?)"),
        ("evaluator.recipe.epochs", ..., "Recipe: epochs must be set"),
        ("evaluator.recipe.optimizer", "adam", "Recipe: optimizer ('adam') must be 'sgd' or 'adamw'"),
        ("evaluator.recipe.augmentation", ["flip"], "augmentation (['flip']) must be a list of shift"),
        ("evaluator.images.n_valid", "many", "Digits: n_valid ('many') must be a valid integer"),
        ("evaluator.device", "tpu", "device ('tpu') must be"),
    ],
)
def test_parts_within_a_part_are_checked(training, tmp_path: Path, key: str, value: Any, message: str) -> None:
    assert message in message_of(changed(training, key, value), tmp_path)


def test_a_space_that_cannot_be_trained_is_told_what_measures_it(tmp_path: Path) -> None:
    message = message_of(raw_config("space=hat"), tmp_path)
    assert "evaluator training needs a space with ModuleView, but Hat does not offer it" in message
    assert (
        "Hat can be measured by evaluator=translation_training dataset=parallel_text, or evaluator=supernet" in message
    )


@pytest.mark.parametrize(
    ("overrides", "key", "value", "message"),
    [
        (
            ["strategy=constrained", "strategy@strategy.inner=random_search"],
            "strategy.inner.patience",
            3,
            "RandomSearch: no setting is called patience; it has: none; where an experiment set it for another part, "
            "take it away by ~strategy.inner.patience",
        ),
        (
            ["strategy=principle_transfer", "strategy@strategy.inner=random_search"],
            "name",
            "a-test",
            "take it away by ~strategy.inner.population_size ~strategy.inner.tournament_size",
        ),
        (
            ["strategy=constrained"],
            "strategy.inner",
            "random_search",
            "strategy.inner ('random_search') must be a part with settings of its own; choose one of the group "
            "strategy by strategy@strategy.inner=random_search",
        ),
        (["strategy=constrained"], "strategy.inner", None, "strategy.inner (None) must be a part with settings of its"),
        (["strategy=principle_transfer"], "strategy.inner", "nsga2", "by strategy@strategy.inner=nsga2"),
        (
            ["evaluator=noisy"],
            "evaluator.inner",
            "training",
            "choose one of the group evaluator by evaluator@",
        ),
    ],
)
def test_parts_within_others_are_named_by_their_path(
    tmp_path: Path, overrides: list[str], key: str, value: Any, message: str
) -> None:
    assert message in message_of(changed(raw_config(*overrides), key, value), tmp_path)


@pytest.mark.parametrize(
    ("overrides", "key", "value", "message"),
    [
        (["evaluator=failing"], "evaluator.kind", "excepton", "Failing: kind ('excepton') must be 'exception', 'not_"),
        (["evaluator=failing"], "evaluator.kind", "hang", "evaluator Failing hangs in some slots, and the simulator"),
        (["evaluator=failing"], "evaluator.share", 2, "Failing share (2) must be between 0 and 1"),
        (["evaluator=failing"], "evaluator.inner.n_choices", "x", "Synthetic: n_choices ('x') must be a valid integer"),
        (["evaluator=delayed"], "evaluator.inner", ..., "Delayed: inner must be set"),
        (["evaluator=synthetic", "tracking=wandb_offline"], "tracking.mode", "x", "tracking.mode (x) must be offline"),
        (["evaluator=synthetic", "tracking=wandb_offline"], "tracking.tags", 3, "WandbRun: tags (3) must be"),
        (["evaluator=synthetic", "tracking=wandb_offline"], "tracking.foo", 3, "WandbRun: no setting is called foo"),
        (["evaluator=table"], "evaluator.table", "foo", "no table is called 'foo'; known tables: "),
    ],
)
def test_wrappers_and_trackers_are_checked(
    tmp_path: Path, overrides: list[str], key: str, value: Any, message: str
) -> None:
    assert message in message_of(changed(raw_config(*overrides), key, value), tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("executor.workers", 0, "workers (0) must be at least 1"),
        ("executor.time_limit_seconds", "x", "TuneExecutor: time_limit_seconds ('x') must be a valid number"),
        ("executor.time_limit_seconds", 0, "time_limit_seconds (0) must be positive, or null for no limit"),
        ("executor.cpus_per_worker", -1, "executor cpus_per_worker (-1) must not be negative"),
        ("executor.gpus_per_worker", -0.5, "executor gpus_per_worker (-0.5) must not be negative"),
        ("ray.num_cpus", 0, "ray.num_cpus (0) must be greater than or equal to 1"),
        ("ray.num_gpus", -1, "ray.num_gpus (-1) must be greater than or equal to 0"),
    ],
)
def test_the_tune_executor_is_checked_before_there_is_a_cluster(
    tmp_path: Path, key: str, value: Any, message: str
) -> None:
    config = raw_config("evaluator=synthetic", "executor=tune")
    assert message in message_of(changed(config, key, value), tmp_path)


def test_the_hosts_of_a_run_are_known_by_part_and_a_tracked_run_asks_them(tmp_path: Path) -> None:
    raw = raw_config("evaluator=synthetic", "strategy=screened", "predictor=ridge", "tracking=wandb_offline")
    shared = compose(changed(changed(raw, "host.where", "host"), "host.name", "ours"), tmp_path)
    assert shared.hosts == {"predictor": "ours"}
    watching = observers_of(shared, "run", tmp_path, {}, 0)
    assert watching[1].hosts.names == {"predictor": "ours"}
    alone = compose(raw, tmp_path)
    assert alone.hosts == {}
    assert observers_of(alone, "run", tmp_path, {}, 0)[1].hosts is None
