"""GPT-NAS from the command line: its sweep of elimination rates, its restart, its acceleration."""

import shutil
from pathlib import Path

import pytest

from nasray.records.run_folder import RunFolder

UNIFORM = ("strategy=gpt_evolution", "generator=uniform", "strategy.population_size=10", "strategy.generations=4")


def test_the_sweep_of_elimination_rates(nasray, quick, tmp_path: Path) -> None:
    rates = "strategy.elimination.rate=0,0.2,0.4,0.6,0.8"
    ended = nasray("run", "-m", *quick, *UNIFORM, rates, "hydra.sweep.dir=sweep")
    assert ended.code == 0, ended
    runs = sorted(path for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    outcomes = [RunFolder.open(run).outcomes() for run in runs]
    # Of the 60 edges of the first generation a share of about the rate; the same draws in every run.
    first = [sum(len(one.proposal.predicted) for one in found[:10]) for found in outcomes]
    assert first[0] == 0
    assert first == sorted(first)
    assert all(abs(n - 60 * rate) < 16 for n, rate in zip(first, (0, 0.2, 0.4, 0.6, 0.8), strict=True))
    assert not any(one.proposal.predicted for one in outcomes[0])


def test_a_restart_ends_as_if_it_had_never_stopped(nasray, quick, tmp_path: Path, archive, cut) -> None:
    words = (*quick, *UNIFORM, "strategy.genotype=baldwinian")
    assert nasray("run", *words, "hydra.run.dir=whole").code == 0
    whole = tmp_path / "whole"
    size = (whole / "journal.jsonl").stat().st_size
    for share in (0.3, 0.8):
        stopped = Path(shutil.copytree(whole, tmp_path / f"stopped-{share}"))
        cut(stopped, int(size * share))
        assert nasray("resume", str(stopped)).code == 0
        assert archive(stopped) == archive(whole)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("strategy.elimination.rate=1.5",), "elimination.rate (1.5) must be between 0 and 1"),
        (("strategy.learn_from_best=3",), "needs a generator that learns, but Uniform does not"),
        (("space=darts",), "needs a space with Chained, but"),
        (("evaluator=training", "scheduler=inheriting"), "evaluator.keep_weights is false"),
    ],
)
def test_impossible_settings_are_one_message(nasray, quick, words: tuple[str, ...], message: str) -> None:
    assert message in nasray("run", *quick, *UNIFORM, *words).refused()


def test_without_a_generator_nothing_can_be_eliminated(nasray, quick) -> None:
    words = ("strategy=gpt_evolution", "~generator", *quick)
    assert "needs a generator that rebuilds, but got none; choose one" in nasray("run", *words).refused()
    assert nasray("run", *words, "strategy.elimination.rate=0", "budget.evaluations=4", "controls=0").code == 0


def test_chains_are_trained_where_they_were_predicted(nasray, tmp_path: Path) -> None:
    ended = nasray(
        "run",
        *UNIFORM,
        "space=block_chain",
        "evaluator=training_accelerated",
        "scheduler=inheriting",
        "evaluator.keep_weights=true",
        "evaluator.recipe.epochs=1",
        "evaluator.recipe.warmup_epochs=0",
        "evaluator.acceleration.retraining.epochs=2",
        "dataset.n_train=40",
        "dataset.n_valid=40",
        "executor=simulator",
        "tracking=none",
        "strategy.population_size=3",
        "budget.evaluations=6",
        "space.width_multiplier=0.125",
        "space.min_blocks=3",
        "space.max_blocks=5",
        "controls=1",
        "hydra.run.dir=chains",
    )
    assert ended.code == 0, ended
    run = RunFolder.open(tmp_path / "chains")
    outcomes = run.outcomes()
    assert all(one.proposal.inherits in range(3) for one in outcomes[3:])
    assert all("inherited_share" in one.result.columns for one in outcomes[3:])
    assert all(0 < one.result.columns["trained_share"] <= 1 for one in outcomes)
    assert run.result is not None
    assert run.result["test"]["best"] > 0
