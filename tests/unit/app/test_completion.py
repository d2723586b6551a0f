"""What is offered after ``nasray run``; bash cuts words at ``=``, other shells do not."""

from types import SimpleNamespace
from typing import Any

import pytest

from nasray.app.completion import complete_overrides


def offered(incomplete: str, *before: str) -> list[str]:
    context: Any = SimpleNamespace(params={"overrides": before or None})
    return complete_overrides(context, incomplete)


@pytest.mark.parametrize(
    ("incomplete", "before", "wanted"),
    [
        ("strat", (), ["strategy="]),
        ("se", (), ["seed="]),
        ("strategy=r", (), ["strategy=random_search", "strategy=regularized_evolution"]),
        ("strategy=random_search,reg", (), ["strategy=random_search,regularized_evolution"]),
        ("=", ("debug",), ["small"]),
        ("reg", ("strategy", "="), ["regularized_evolution"]),
        ("", ("seed", "=", "1", "executor", "="), ["simulator", "tune"]),
        ("budget.e", (), ["budget.evaluations="]),
        ("strategy.", (), ["strategy.population_size=", "strategy.tournament_size="]),
        ("strategy.", ("strategy=random_search",), []),
        ("executor.", ("executor", "=", "simulator"), ["executor.workers="]),
        ("evaluator.recipe.ep", (), ["evaluator.recipe.epochs="]),
        ("evaluator.ta", ("evaluator=table_digits201",), ["evaluator.table="]),
        ("strategy.", ("strategy=nope",), []),
        ("hyd", (), ["hydra/launcher="]),
        ("hydra/launcher=", (), ["hydra/launcher=nasray"]),
        ("nope=", (), []),
        ("nope.", (), []),
        ("seed=", (), []),
        ("../", (), []),
    ],
)
def test_completions(incomplete: str, before: tuple[str, ...], wanted: list[str]) -> None:
    assert offered(incomplete, *before) == wanted


def test_everything_is_offered_at_the_beginning() -> None:
    names = offered("")
    assert {"space=", "strategy=", "evaluator=", "experiment=", "debug=", "seed=", "width="} <= set(names)
    assert "hydra=" not in names
    assert "defaults=" not in names
