"""What a report shows of the scores that a search was guided by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nasray.core.predictor import INTERVAL_LEVEL
from nasray.reports.arm import Arm
from nasray.reports.metric import NBSP, count, share

_UNKNOWN = "\u2013"
_PARTS = {"reserved": "reserved slots", "all": "all slots"}


@dataclass(frozen=True, slots=True)
class QualityRow:
    """How well one kind of score agrees with what was measured, written out; means over seeds.

    Attributes:
        arm: Label of the configuration.
        style: The CSS class of its colour.
        scores: Who gave the scores: the predictor, or a control.
        part: Which slots.
        n: Number of scored and measured slots.
        distinct: Number of distinct scores.
        figures: tau-b, Spearman, precision, nDCG, size bias.
        calibration: Calibration slope, bias, share of the intervals that held; empty where none of them is known.
    """

    arm: str
    style: str
    scores: str
    part: str
    n: str
    distinct: str
    figures: tuple[str, ...]
    calibration: tuple[str, ...]


def predictor_section(arms: Sequence[Arm]) -> list[QualityRow]:
    """Rows by arm, slots and scores; none where nothing was scored, or no run has ended."""
    return [row for index, arm in enumerate(arms) for row in _rows(arm, f"s-{index % 6}")]


def _rows(arm: Arm, style: str) -> list[QualityRow]:
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in arm.runs:
        for row in (run.result or {}).get("predictor") or ():
            grouped.setdefault((row["part"], row["scores"]), []).append(row)
    return [
        QualityRow(
            arm=arm.label,
            style=style,
            scores=scores,
            part=_PARTS[part],
            n=_whole([row["n"] for row in rows]),
            distinct=_whole([row["distinct"] for row in rows]),
            figures=(
                *(_mean(rows, name, "{:.3f}") for name in ("tau", "spearman")),
                _precision(rows),
                _mean(rows, "ndcg", "{:.3f}"),
                _mean(rows, "size_bias", "{:+.3f}"),
            ),
            calibration=_calibration(rows),
        )
        for (part, scores), rows in grouped.items()
    ]


def _whole(values: Sequence[int]) -> str:
    return count(round(sum(values) / len(values)))


def _mean(rows: Sequence[dict[str, Any]], name: str, how: str) -> str:
    found = [row[name] for row in rows if row.get(name) is not None]
    return how.format(sum(found) / len(found)) if found else _UNKNOWN


def _calibration(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    known = (
        _mean(rows, "calibration_slope", "{:.3f}"),
        _mean(rows, "bias", "{:+.4g}"),
        _mean(rows, "coverage", f"{{:.1%}} ({INTERVAL_LEVEL:.0%})").replace("%", f"{NBSP}%"),
    )
    return known if {*known} != {_UNKNOWN} else ()


def _precision(rows: Sequence[dict[str, Any]]) -> str:
    """With K, which depends on how many slots there are."""
    found = [row for row in rows if row.get("precision") is not None]
    if not found:
        return _UNKNOWN
    k = " to ".join(map(str, dict.fromkeys((min(row["k"] for row in found), max(row["k"] for row in found)))))
    return f"{share(sum(row['precision'] for row in found) / len(found))} of {k}"
