"""Rungs that an evaluator cannot measure are refused before the search begins."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from nasray.app.composition import compose
from nasray.app.efforts import check_efforts
from nasray.core.errors import CapabilityError, ConfigError

HALVING = ("scheduler=successive_halving", "evaluator=training", "evaluator.keep_weights=true")


def raw_config(*overrides: str) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        config = hydra_compose("run", ["executor=simulator", "tracking=none", *overrides], return_hydra_config=True)
        HydraConfig.instance().set_config(config)
        raw: Any = OmegaConf.to_container(config, resolve=False)
        resolved = OmegaConf.create({**raw, "name": "a-test"})
        del resolved["hydra"]
        return OmegaConf.to_container(resolved, resolve=True)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((*HALVING, "scheduler.rungs=[1,9]"), r"^scheduler.rungs \(\[1, 9\]\) must be .*Training .*: 1 to 4; choose"),
        (("scheduler=median", *HALVING[1:], "scheduler.rungs=[4,5]"), r"^scheduler.rungs \(\[4, 5\]\) must be"),
        (
            ("scheduler=evolution", *HALVING[1:], "scheduler.long_epochs=5"),
            r"^scheduler.short_epochs, scheduler.long_epochs \(\[1, 5\]\) must be .*: 1 to 4; choose",
        ),
    ],
)
def test_a_rung_above_full_effort_is_refused(overrides: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        compose(raw_config(*overrides), tmp_path)


def test_rungs_up_to_full_effort_compose_and_so_does_what_measures_anywhere(tmp_path: Path) -> None:
    assert compose(raw_config(*HALVING, "scheduler.rungs=[1,4]"), tmp_path).scheduler.rungs == [1, 4]
    compose(raw_config(HALVING[0], "evaluator=synthetic", "scheduler.rungs=[1,900]"), tmp_path)


@pytest.mark.parametrize(
    ("efforts", "message"),
    [
        ([12, 200], "up to its full effort: 12, 200; choose among these"),
        ((), "up to its full effort: that one only; use scheduler=never_stop"),
    ],
)
def test_the_evaluator_within_is_asked(efforts: Any, message: str) -> None:
    config: Any = SimpleNamespace(scheduler={"rungs": [1, 2]})
    scheduler: Any = SimpleNamespace(rungs=[1, 2])
    evaluator: Any = SimpleNamespace(inner=SimpleNamespace(efforts=efforts))
    with pytest.raises(ConfigError, match=message):
        check_efforts(config, scheduler, evaluator)
    check_efforts(config, SimpleNamespace(), evaluator)  # type: ignore[arg-type]
    check_efforts(config, scheduler, SimpleNamespace())  # type: ignore[arg-type]


def test_a_table_says_which_schedules_it_has(mirror: Path, tmp_path: Path) -> None:
    config = raw_config("evaluator=table_nasbench201", "scheduler=successive_halving")
    config["paths"] |= {"mirror": str(mirror), "data": str(tmp_path / "data")}
    with pytest.raises(ConfigError, match=r"scheduler.rungs \(\[1, 2, 4\]\) must be .*: 12, 200; choose among these"):
        compose(config, tmp_path)
    config["scheduler"]["rungs"] = [12, 200]
    compose(config, tmp_path)
    config["evaluator"]["epochs"] = 12
    with pytest.raises(ConfigError, match="up to its full effort: 12; use scheduler=never_stop"):
        compose(config, tmp_path)


def test_a_strategy_is_offered_a_predictor_that_fits_it(tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match=r"PruneEvolve needs a predictor and got none; .*=gcn$"):
        compose(raw_config("strategy=prune_evolve", "evaluator=synthetic"), tmp_path)
    with pytest.raises(CapabilityError, match=r"PruneEvolve .* scores soft graphs and got Parameters; .*=gcn$"):
        compose(raw_config("strategy=prune_evolve", "predictor=parameters", "evaluator=synthetic"), tmp_path)
    hosted = ("strategy=prune_evolve", "predictor=gcn", "evaluator=synthetic", "host.where=host")
    with pytest.raises(CapabilityError, match=r"which no host passes on; set host\.where=local"):
        compose(raw_config(*hosted), tmp_path)
    parameters = "{_target_: nasray.predictors.parameters.Parameters, input_shape: [3, 32, 32], n_classes: 10}"
    featured = ("strategy=prune_evolve", "predictor=gcn", f"predictor.features=[{parameters}]", "evaluator=synthetic")
    with pytest.raises(CapabilityError, match=r"got Gcn with features, .*; set predictor\.features=\[\]$"):
        compose(raw_config(*featured), tmp_path)
