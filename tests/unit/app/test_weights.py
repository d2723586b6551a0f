"""Whether trained weights are kept where a scheduler needs them, and who deletes the others."""

from pathlib import Path
from typing import Any

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from nasray.app.composition import compose
from nasray.app.schema import PathsConfig
from nasray.app.weights import janitor_of, store_of, with_own_store
from nasray.core.errors import CapabilityError, ConfigError
from nasray.schedulers.never_stop import NeverStop


def raw_config(*overrides: str) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        config = hydra_compose("run", ["executor=simulator", "tracking=none", *overrides], return_hydra_config=True)
        HydraConfig.instance().set_config(config)
        raw: Any = OmegaConf.to_container(config, resolve=False)
        resolved = OmegaConf.create({**raw, "name": "a-test"})
        del resolved["hydra"]
        return OmegaConf.to_container(resolved, resolve=True)  # type: ignore[return-value]


def nothing() -> None:
    pass


@pytest.mark.parametrize("scheduler", ["successive_halving", "median", "evolution"])
def test_a_scheduler_that_continues_trainings_needs_their_weights(scheduler, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"continues trainings, but evaluator.keep_weights is false.*set evaluator"):
        compose(raw_config(f"scheduler={scheduler}"), tmp_path)
    assert compose(raw_config(f"scheduler={scheduler}", "evaluator=synthetic"), tmp_path).scheduler.needs_weights
    config = raw_config(f"scheduler={scheduler}", "evaluator.keep_weights=true")
    composed = compose(config, tmp_path)
    assert type(composed.scheduler).__name__.lower() == scheduler.replace("_", "")
    assert composed.scheduler.strategy is composed.strategy


def test_a_wrapped_training_counts_too(tmp_path: Path) -> None:
    config = raw_config("scheduler=median")
    config["evaluator"] = {
        "_target_": "nasray.evaluators.noisy.Noisy",
        "std": 0.5,
        "inner": config["evaluator"],
    }
    with pytest.raises(ConfigError, match="scheduler Median continues trainings"):
        compose(config, tmp_path)


def test_never_stop_needs_none_and_is_the_default(tmp_path: Path) -> None:
    config = raw_config()
    composed = compose(config, tmp_path)
    assert isinstance(composed.scheduler, NeverStop)
    del config["scheduler"]  # as in the manifest of a run that was begun before there were schedulers
    assert isinstance(compose(config, tmp_path).scheduler, NeverStop)


def test_a_switch_is_handed_the_predictor(tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match="PredictorSwitch needs a predictor and got none"):
        compose(raw_config("scheduler=predictor_switch"), tmp_path)
    composed = compose(raw_config("scheduler=predictor_switch", "predictor=parameters"), tmp_path)
    assert composed.scheduler.predictor.higher_is_better
    assert composed.scheduler.space is composed.space


@pytest.mark.parametrize(
    ("overrides", "there_is_one"),
    [
        (["evaluator=synthetic"], False),
        ([], False),
        (["evaluator.keep_weights=true"], True),
        (["evaluator.checkpoint_every_epochs=2"], True),
    ],
)
def test_there_is_a_janitor_where_weights_are_kept(overrides, there_is_one, tmp_path: Path) -> None:
    composed = compose(raw_config(*overrides), tmp_path)
    assert (janitor_of(composed.config, composed.scheduler, tmp_path, nothing) is not None) == there_is_one


@pytest.mark.parametrize("begin", ["{}", "file://{}"])
def test_weights_can_be_kept_elsewhere_each_run_in_a_place_of_its_own(begin: str, tmp_path: Path) -> None:
    run, elsewhere = tmp_path / "0-my run", tmp_path / "elsewhere"
    raw = raw_config("evaluator.keep_weights=true", f"paths.store={begin.format(elsewhere)}")
    first, second = with_own_store(raw, run), with_own_store(raw, run)
    assert first["paths"]["store"] != second["paths"]["store"]
    assert raw["paths"]["store"] == begin.format(elsewhere)
    store = store_of(compose(first, run).config.paths, run)
    assert not elsewhere.exists()
    address = store.put(b"weights")
    (found,) = elsewhere.rglob(address)
    assert found.relative_to(elsewhere).parts[0].endswith("-0-my-run")
    assert store_of(compose(first, tmp_path / "moved").config.paths, tmp_path / "moved").get(address) == b"weights"


def test_a_query_stays_behind_the_place() -> None:
    place = with_own_store({"paths": {"store": "s3://bucket/a/?region=x"}}, Path("run"))["paths"]["store"]
    assert place.startswith("s3://bucket/a/2")
    assert place.endswith("-run?region=x")


@pytest.mark.parametrize("raw", [{}, {"paths": 3}, {"paths": {}}, {"paths": {"store": None}}, {"paths": {"store": ""}}])
def test_without_a_place_weights_are_in_the_run_folder(raw: dict[str, Any], tmp_path: Path) -> None:
    assert with_own_store(raw, tmp_path) == raw
    paths = PathsConfig(runs="", data="", mirror=None)  # as in the manifest of a run begun before there was a choice
    assert store_of(paths, tmp_path).root == str(tmp_path / "store")


@pytest.mark.parametrize(
    ("store", "message"),
    [
        (
            "nope://x/y",
            r"paths.store: the store's root \(nope://x/y\) must be a folder or a URI that pyarrow knows: Unre",
        ),
        ("{}/file/x", r"paths.store: the store at .* must be in a folder, or a bucket, that exists .*; .*/file is not"),
        ("mock:///x", "that exists and may be written to; there is none; correct it, or set paths.store=null"),
    ],
)
def test_a_place_that_cannot_hold_weights_is_refused(store: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = store.format(tmp_path)
    with pytest.raises(ConfigError, match=message):
        compose(raw_config("evaluator.keep_weights=true", f"paths.store='{store}'"), tmp_path)
    if not store.startswith("nope"):
        compose(raw_config(f"paths.store='{store}'"), tmp_path)  # nothing is kept, nothing is needed
