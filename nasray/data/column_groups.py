"""What the columns of a table are, told together: a number whose split, epochs and seeds are unknown says nothing."""

from collections.abc import Sequence

from nasray.data.column import Column

_SHOWN = 3


def column_groups(columns: Sequence[Column]) -> tuple[str, ...]:
    """One line for all scores that have splits, epochs and seeds in common, and one for all columns without a split."""
    splits: dict[tuple[str, int | None, str, str, str], list[str]] = {}
    for column in columns:
        if column.split is not None:
            schedule = (f"{column.quantity} ({column.unit})", column.epochs, column.steps, column.seeds, column.dataset)
            splits.setdefault(schedule, []).append(column.split)
    datasets: dict[tuple[str, int | None, str, str], list[str]] = {}
    for (quantity, epochs, steps, seeds, dataset), found in splits.items():
        datasets.setdefault((f"{' and '.join(found)} {quantity}", epochs, steps, seeds), []).append(dataset)
    schedules: dict[tuple[str, str, str], list[int]] = {}
    for (what, epochs, steps, seeds), found in datasets.items():
        lengths = schedules.setdefault((f"{', '.join(found)}: {what}", steps, seeds), [])
        lengths.extend([] if epochs is None else [epochs])
    lines = [f"{what}{_after(lengths, steps)}; seeds: {seeds}" for (what, steps, seeds), lengths in schedules.items()]
    others = [column.name for column in columns if column.split is None]
    return (*lines, *([_others(others)] if others else []))


def _after(lengths: Sequence[int], steps: str) -> str:
    return f" after {', '.join(map(str, lengths))} {steps}" if lengths else ""


def _others(names: Sequence[str]) -> str:
    """Columns that were measured on no split, the first of them by name."""
    shown = ", ".join(names[:_SHOWN])
    return f"no split: {shown}{f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''}"
