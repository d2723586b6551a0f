"""The front of a search so far, for rows."""

import math
from collections.abc import Sequence

import numpy as np

from nasray.analysis.front import pareto_front
from nasray.analysis.hypervolume import hypervolume
from nasray.analysis.trade_off import Loss, TradeOff
from nasray.core.measurement import Outcome

HYPERVOLUME, FRONT_SIZE = "front/hypervolume", "front/size"


class FrontTally:
    """Keeps the non-dominated losses over outcomes in slot order.

    Only outcomes of the highest rung so far count: the numbers of different rungs are not alike.

    The hypervolume is measured from the stated reference, or from the worst so far: never falling either way, and
    comparable between runs the first way only.

    Args:
        trade_off: The objectives, at least two, and the constraints.
    """

    def __init__(self, trade_off: TradeOff) -> None:
        self._trade_off = trade_off
        self._front: list[Loss] = []
        self._worst: Loss | None = None
        self._rung = -math.inf

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """See the next outcomes."""
        measured = [one for one in outcomes if self._trade_off.loss(one) is not None]
        rung = max([one.rung for one in measured], default=self._rung)
        if rung > self._rung:
            self._front, self._worst, self._rung = [], None, rung
        new = [loss for one in measured if one.rung == self._rung and (loss := self._trade_off.loss(one)) is not None]
        if not new:
            return
        self._worst = tuple(np.max([*new, *([self._worst] if self._worst else [])], axis=0).tolist())
        distinct = list(dict.fromkeys([*self._front, *new]))
        self._front = [distinct[index] for index in pareto_front(distinct).tolist()]

    def row(self) -> dict[str, float]:
        """Hypervolume and number of distinct points; empty while nothing feasible was measured."""
        if self._worst is None:
            return {}
        corner = self._trade_off.corner([self._worst])
        return {HYPERVOLUME: hypervolume(self._front, corner), FRONT_SIZE: len(self._front)}
