"""A whole run with several objectives and with bounds: trained cells, the run folder, the report."""

import json
from pathlib import Path
from typing import Any

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from omegaconf import OmegaConf

from nasray.app.session import resume, start
from nasray.core.errors import CapabilityError

TINY = (
    "executor=simulator",
    "tracking=none",
    "dataset.n_train=40",
    "dataset.n_valid=40",
    "space.channels=4",
    "budget.evaluations=6",
    "width=3",
    "controls=0",
    "name=front",
)


def settings(*overrides: str) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        config = hydra_compose("run", [*TINY, *overrides])
    return OmegaConf.to_container(config, resolve=True)


def test_nsga2_on_trained_cells(tmp_path: Path):
    bound = "strategy.constraints=[{_target_:nasray.core.objective.Constraint,column:flops,at_most:1.0e+6}]"
    folder = tmp_path / "run"
    result = start(
        settings("strategy=nsga2", "strategy.population_size=3", "evaluator.recipe.epochs=1", bound), folder, []
    )

    front = result["front"]
    assert front[0]["value"] == result["best"]["value"], "the winner is the end of the front with the best value"
    values, sizes = [row["value"] for row in front], [row["columns"]["parameters"] for row in front]
    assert values == sorted(values, reverse=True)
    assert sizes == sorted(sizes, reverse=True)
    assert all(row["columns"]["flops"] <= 1e6 for row in front)
    assert result["hypervolume"]["objectives"] == ["value", "parameters"]
    assert result["hypervolume"]["ideal"] == [values[0], sizes[-1]]
    assert result["constraints"]["bounds"] == [{"column": "flops", "at_most": 1e6, "at_least": None}]
    assert 0 < result["constraints"]["feasible_share"] <= 1
    assert json.loads((folder / "result.json").read_text())["front"] == front
    assert 'id="front"' in (folder / "report.html").read_text()

    assert resume(folder)["archive"] == result["archive"]


def test_a_bound_on_what_nobody_measures_is_refused_before_anything_is_written(tmp_path: Path):
    bound = "strategy.constraints=[{_target_:nasray.core.objective.Constraint,column:latency_ms,at_most:4.0}]"
    with pytest.raises(CapabilityError, match="no column 'latency_ms'; it measures: value, parameters, flops"):
        start(settings("strategy=constrained", bound), tmp_path / "run", [])
    assert not (tmp_path / "run").exists()


def test_a_column_that_turns_out_to_be_missing_ends_the_search_with_a_clear_message(tmp_path: Path):
    with pytest.raises(CapabilityError, match="the evaluator measures no column 'parameters'"):
        start(settings("strategy=nsga2", "evaluator=synthetic"), tmp_path / "run", [])
