"""Builds the refiner of a run, and opens the source tasks that its strategy learns from."""

from collections.abc import Mapping
from typing import Any

from nasray.app.leaks import check_sources, judged_columns
from nasray.app.parts import asking, build
from nasray.app.predictor import with_tables
from nasray.app.schema import RunConfig
from nasray.core.errors import ConfigError
from nasray.core.refiner import Refiner
from nasray.core.space import SearchSpace
from nasray.llm.language_model import LanguageModel


def refiner_of(
    config: RunConfig, space: SearchSpace, tables: Mapping[str, Any], language_model: LanguageModel | None
) -> tuple[Refiner | None, tuple[str, ...]]:
    """The refiner that ``config`` names, or None; with it, in words, the labels of the target that it reads.

    Args:
        config: The run's configuration.
        space: Which it narrows.
        tables: Open tables by name, those that the refiner names among them.
        language_model: Whom it may ask.

    Raises:
        ConfigError: A refiner is named, and the strategy does not ask for one; or its settings are impossible.
    """
    settings = config.refiner
    if settings is None:
        return None, ()
    name = str(settings.get("_target_", "")).rpartition(".")[2]
    if not asking(config.strategy, "refiner"):
        raise ConfigError(
            f"refiner {name} is chosen, but the strategy does not ask for one; choose one that does, e.g. "
            "strategy=principle_transfer, or refiner=null"
        )
    opened = with_tables(settings, tables)
    refiner: Refiner = build(opened, space=space, language_model=language_model)
    read = judged_columns(opened, config.evaluator)
    return refiner, tuple(f"refiner {name} reads {label}, by which the search is judged" for label in read)


def with_sources(config: RunConfig, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The strategy's settings with the tables of its source tasks opened.

    Raises:
        ConfigError: A source is the task that is searched for.
    """
    opened = with_tables(config.strategy, tables)
    check_sources(opened, config.evaluator)
    return opened
