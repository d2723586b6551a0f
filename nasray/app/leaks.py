"""What the trained parts of a run have seen of the labels that they are judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, cast, runtime_checkable

from nasray.core.card import Card, Leak
from nasray.core.errors import require
from nasray.core.space import SearchSpace


@runtime_checkable
class Trained(Protocol):
    """A part that was trained beforehand."""

    card: Card
    leak: Leak


def leaks_of(part: object, space: SearchSpace, tables: Sequence[str]) -> tuple[str, ...]:
    """One sentence for every column of labels that ``part``, or a part inside it, was trained on and is used on.

    Args:
        part: Any part of a run.
        space: Where it is used.
        tables: Names of the tables that the run is judged by.

    Raises:
        ConfigError: There is such a column, and the trained part was told to refuse.
    """
    found: list[str] = []
    for one in _trained(part):
        if one.card.guard(space, one.leak, tables):
            seen = one.card.leaks(space, tables)
            found += [f"{one.card.name} was trained on {label.table}.{label.column}" for label in seen]
    return tuple(dict.fromkeys(found))


def check_read(predictor: Any, evaluator: Mapping[str, Any]) -> None:
    """Refuse a predictor that reads the labels it will be judged by.

    Args:
        predictor: Its settings, with open tables in the place of their names.
        evaluator: The evaluator's configuration.

    Raises:
        ConfigError: A column of a predictor is of the evaluator's table and data set.
    """
    judging = _judging(evaluator)
    for section in sections_of(predictor):
        table = section.get("table")
        if table is None or table.header.name != judging.get("table"):
            continue
        columns = [*section.get("columns", ()), *([section["column"]] if "column" in section else [])]
        wrong = [name for name in columns if table.meaning(name).dataset == judging.get("dataset")]
        require(
            not wrong,
            f"the predictor reads {', '.join(wrong)} of {table.header.name}, by which the search is judged: its scores "
            "are no prediction; choose columns of another data set or table",
        )


def check_sources(strategy: Any, evaluator: Mapping[str, Any]) -> None:
    """Refuse a strategy that learns from the task that it searches for.

    Args:
        strategy: Its settings, with open tables in the place of their names.
        evaluator: The evaluator's configuration.

    Raises:
        ConfigError: A source column is of the evaluator's data set, in whatever table of the space.
    """
    wrong = judged_columns(strategy, evaluator)
    require(
        not wrong,
        f"the strategy's source {', '.join(wrong)} is of {_judging(evaluator).get('dataset')}, the task that is "
        "searched for: source and target must differ; choose another strategy.sources.0.column, or another "
        "evaluator.dataset",
    )


def judged_columns(settings: Any, evaluator: Mapping[str, Any]) -> list[str]:
    """``TABLE.COLUMN`` of the columns in ``settings``, its tables open, that are of the evaluator's data set."""
    dataset = _judging(evaluator).get("dataset")
    named = [(one["table"], one["column"]) for one in sections_of(settings) if "table" in one and "column" in one]
    return [f"{table.header.name}.{name}" for table, name in named if table.meaning(name).dataset == dataset]


def fitted_columns(settings: Any, evaluator: Mapping[str, Any]) -> tuple[str, ...]:
    """One sentence for every column in ``settings`` of the table that the evaluator was fitted on.

    Such an evaluator has a table and no data set: what it says of any cell comes from that table's labels. No other
    task can take their place, so this is never refused.
    """
    judging = _judging(evaluator)
    if judging.get("table") is None or "dataset" in judging:
        return ()
    name = str(judging.get("_target_", "")).rpartition(".")[2]
    sections = [one for one in sections_of(settings) if one.get("table") == judging["table"]]
    read = [column for one in sections for column in (*one.get("columns", ()), one.get("column")) if column]
    said = (f"evaluator {name} was fitted on {judging['table']}, of which the run reads {column}" for column in read)
    return tuple(dict.fromkeys(said))


def _judging(evaluator: Mapping[str, Any]) -> Mapping[str, Any]:
    """The innermost evaluator."""
    while evaluator.get("inner"):
        evaluator = evaluator["inner"]
    return evaluator


def sections_of(settings: Any) -> list[Mapping[str, Any]]:
    """``settings`` and all sections in it."""
    if isinstance(settings, list):
        return [found for one in cast(list[Any], settings) for found in sections_of(one)]
    if not isinstance(settings, Mapping):
        return []
    section = cast(Mapping[str, Any], settings)
    return [section, *(found for one in section.values() for found in sections_of(one))]


def _trained(part: Any) -> list[Trained]:
    """``part`` and the parts among its settings, as far as they were trained beforehand."""
    if isinstance(part, list | tuple):
        return [found for one in cast(Sequence[Any], part) for found in _trained(one)]
    own: list[Trained] = [part] if isinstance(part, Trained) else []
    if not is_dataclass(part):
        return own
    return own + [found for one in fields(part) for found in _trained(getattr(part, one.name))]
