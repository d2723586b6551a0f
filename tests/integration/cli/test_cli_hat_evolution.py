"""HS-NAS from the command line: its sweep of switch points, its restart, its limits, its errors."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from nasray.records.run_folder import RunFolder

CONF = Path(__file__).resolve().parents[3] / "conf"
SMALL = ("strategy=hat_evolution", "strategy.parents=4", "strategy.mutations=4", "strategy.crossovers=4")
MORE = ("strategy.parents=12", "strategy.crossovers=12", "budget.evaluations=60")
CELLS = (*SMALL, "predictor=parameters", "budget.evaluations=400")


def test_strategy_switch_end_can_be_swept(nasray, quick, tmp_path: Path) -> None:
    ended = nasray("run", "-m", *quick, *CELLS, "strategy.switch.end=0,5,10,15,20,25,30", "hydra.sweep.dir=sweep")
    assert ended.code == 0, ended
    runs = sorted(path for path in (tmp_path / "sweep").iterdir() if (path / "journal.jsonl").is_file())
    outcomes = [RunFolder.open(run).outcomes() for run in runs]
    assert len(outcomes) == 7
    lengths = [len(found) for found in outcomes]
    assert all(one > other for one, other in pairwise(lengths[::3])), lengths  # ends 0, 15, 30
    assert outcomes[-1][0].proposal.operation == "winner"
    for found in outcomes:
        assert len({one.proposal.architecture for one in found}) == len(found)
    ladders = [found[0].proposal.notes for found in outcomes]
    assert ladders[0] is None
    assert len(ladders[1]["hat_evolution"]["ladder"]) == 5


def test_the_preset_has_room_for_every_iteration() -> None:
    strategy, preset = (
        yaml.safe_load((CONF / f"{name}.yaml").read_text()) for name in ("strategy/hat_evolution", "experiment/hs_nas")
    )
    population = strategy["parents"] + strategy["mutations"] + strategy["crossovers"]
    most = strategy["iterations"] * population + strategy["warm_up"] + 1
    assert preset["budget"]["evaluations"] >= most, "a sweep over the switch would compare searches that were cut off"


def test_a_restart_ends_as_if_it_had_never_stopped(nasray, quick, tmp_path: Path, archive, cut) -> None:
    words = (*quick, *CELLS, "strategy.switch.end=3", "strategy.iterations=8")
    assert nasray("run", *words, "hydra.run.dir=whole").code == 0
    whole = tmp_path / "whole"
    size = (whole / "journal.jsonl").stat().st_size
    stopped = Path(shutil.copytree(whole, tmp_path / "stopped"))
    cut(stopped, int(size * 0.8))
    assert nasray("resume", str(stopped)).code == 0
    assert archive(stopped) == archive(whole)


def test_a_distilled_predictor_is_never_shown_without_its_teacher(nasray, quick, tmp_path: Path) -> None:
    small = ("predictor=distilled", "predictor.pool_size=50", "predictor.steps=20", "strategy.switch.end=2", *MORE)
    ended = nasray("run", *quick, *SMALL, *small, "strategy.iterations=4", "hydra.run.dir=named")
    assert ended.code == 0, ended
    rows = json.loads((tmp_path / "named" / "result.json").read_bytes())["predictor"]
    assert {row["scores"] for row in rows} == {"Distilled(Ols)", "parameters", "live parameters"}


def test_a_latency_is_kept_on_hat(nasray, quick, tmp_path: Path) -> None:
    limit = "{_target_: nasray.strategies.predicted_limit.PredictedLimit, name: latency in ms, at_most: %s}"
    words = (
        *(*quick, *SMALL, "space=hat", "~strategy.rungs.cheap", "strategy.iterations=2"),
        "+predictor@strategy.limits.latency.predictor=hat_latency",
    )
    ended = nasray("run", *words, f"+strategy.limits.latency={limit % 100.0}", "hydra.run.dir=fast")
    assert ended.code == 0, ended
    from nasray.app.catalogs import space_named
    from nasray.predictors.hat_latency import HatLatency

    found = [one.proposal.architecture for one in RunFolder.open(tmp_path / "fast").outcomes()]
    assert HatLatency(space=space_named("hat"), device="wmt14ende_gpu_titanxp").predict(found).max() <= 100
    message = nasray("run", *words, f"+strategy.limits.latency={limit % 10.0}").refused()
    assert "limit latency in ms <= 10: of 1000 random members none keeps all limits" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("~predictor",), "PredictedRung needs a predictor and got none; choose one, e.g. predictor=ridge"),
        (("strategy.switch.end=-1",), "switch.start (0) must be between 0 and switch.end (-1)"),
        (("~strategy.rungs.full",), "rungs (cheap) must end with one that is measured"),
        (("strategy.rungs.full.epochs=0",), "fidelity epochs (0) must be at least 1"),
    ],
)
def test_impossible_settings_are_one_message(nasray, quick, words: tuple[str, ...], message: str) -> None:
    assert message in nasray("run", *quick, *CELLS, *words).refused()
