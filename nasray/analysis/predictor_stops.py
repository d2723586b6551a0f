"""Where a search stopped asking a predictor that told nothing apart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nasray.core.measurement import Outcome


class PredictorStops:
    """Collects what proposals note of it, and puts it in words.

    Whoever stops a predictor notes ``"stopped": why``: once where it is for good, in each slot where it may be asked
    again. A ladder of several predictors notes the rung as well.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._found: dict[str, tuple[int, str, int]] = {}

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """See the next outcomes."""
        for proposal, _ in outcomes:
            if proposal.notes:
                for who, why in _stopped(proposal.notes):
                    slot, first, n = self._found.get(who, (proposal.slot, why, 0))
                    self._found[who] = slot, first, n + 1

    @property
    def sentences(self) -> list[str]:
        """One for each predictor that was stopped: where first and why, and how many slots say so."""
        return [
            f"{who}: the predictor was stopped at slot {slot}, because it gave {why}"
            f"{f'; {n:,} slots were chosen without it' if n > 1 else ''}"
            for who, (slot, why, n) in self._found.items()
        ]


def _stopped(notes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for who, fact in notes.items():
        for one in fact if isinstance(fact, list) else [fact]:
            if isinstance(one, Mapping) and "stopped" in one:
                yield f"rung {one['rung']}" if "rung" in one else who, one["stopped"]
