"""Scores in the unit of the truth, with intervals that hold as often as they say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.predictor import Learner, Predictor
from nasray.predictors.uncertain import Uncertain

LEAST = 3
"""Outcomes through which a line can miss; with fewer, scores stay as they are and intervals are infinite."""

_STATE = "what state() of a calibrated predictor gave"


@dataclass(kw_only=True)
class Calibrated:
    """Any predictor behind a straight line through outcomes that it did not learn from.

    Papadopoulos et al. 2002, "Inductive Confidence Machines for Regression", https://doi.org/10.1007/3-540-36755-1_29;
    Lei et al. 2018, https://arxiv.org/abs/1604.04173, section 5.2: what the line misses by, in units of the predictor's
    own uncertainty, says how wide an interval must be. Where those outcomes and the ones that are asked for are drawn
    alike, an interval of level L holds in about L of the cases, whatever the predictor is worth; a search that looks
    for the best does not draw alike.

    Departures: the line is fitted to the same outcomes, so each is measured against the line through the others
    (leave-one-out), instead of setting a further part aside; to the uncertainty its mean is added, so that members that
    agree by chance give no interval of width 0. A line that falls is made flat: scores in the wrong order say nothing.

    Args:
        predictor: Gives the scores; a learner is taught the rest of the outcomes. Intervals are as wide everywhere
            unless it has ``uncertainty``.
        every: Of a learner's outcomes, each that comes ``every``-th is kept from it to calibrate; all of them
            calibrate where nothing is learnt.

    Raises:
        ConfigError: ``every`` is below 2.
    """

    predictor: Predictor
    every: int
    higher_is_better: bool = field(default=True, init=False)
    _line: NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)
    _misses: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check."""
        require(self.every >= 2, f"Calibrated every ({self.every}) must be at least 2, or nothing is left to learn")

    @property
    def in_unit(self) -> bool:
        """Whether there are outcomes enough for a line to the truth."""
        return len(self._misses) >= LEAST

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Teach the predictor, if it learns, and calibrate it on A architectures and their ``(A,)`` values.

        Raises:
            DataError: There are none, their numbers differ, or a value is not finite.
        """
        y, n = np.asarray(values, np.float64), len(architectures)
        require(n > 0 and y.shape == (n,), f"calibrated got {n} architectures and values of shape {y.shape}", DataError)
        require(bool(np.isfinite(y).all()), "calibrated got a value that is not finite; leave failures out", DataError)
        kept = np.ones(n, bool)
        if isinstance(self.predictor, Learner):
            kept = np.arange(n) % self.every == self.every - 1
            self.predictor.fit(_chosen(architectures, ~kept), y[~kept])
        asked = _chosen(architectures, kept)
        scores, spreads = self._scores(asked), self._uncertainty(asked)
        floor = float(spreads.mean()) if spreads.any() else 1.0
        intercept, slope, missed = _line_and_misses(scores, y[kept])
        self._line = np.array([intercept, slope, floor])
        self._misses = np.sort(missed / (spreads + floor))

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores in the unit of what was fitted; in the predictor's own after fewer than ``LEAST`` outcomes.

        Raises:
            CapabilityError: Nothing was fitted yet.
        """
        intercept, slope, _ = self._fitted()
        return intercept + slope * self._scores(architectures)

    def interval(self, architectures: Sequence[Architecture], level: float) -> NDArray[np.float64]:
        """``(A, 2)`` lower and upper ends; infinite where too few outcomes were kept for such a level.

        Args:
            architectures: A of them.
            level: L, how often the truth should lie within.

        Raises:
            CapabilityError: Nothing was fitted yet.
            ConfigError: The level is not between 0 and 1.
        """
        require(0 < level < 1, f"Calibrated level ({level}) must be between 0 and 1, e.g. 0.9")
        centre, floor = self.predict(architectures), self._fitted()[2]
        rank = math.ceil((len(self._misses) + 1) * level)
        reach = self._misses[rank - 1] if rank <= len(self._misses) else math.inf
        half = reach * (self._uncertainty(architectures) + floor)
        return np.stack([centre - half, centre + half], axis=1)

    def state(self) -> bytes:
        """The line, the misses and what the predictor learnt, as safetensors."""
        known = self.predictor.state() if isinstance(self.predictor, Learner) else b""
        line = np.zeros(0) if self._line is None else self._line
        return safetensors.numpy.save(
            {"line": line, "misses": self._misses, "predictor": np.frombuffer(known, np.uint8)}
        )

    def load(self, state: bytes) -> None:
        """Inverse of ``state``.

        Raises:
            DataError: The state is that of nothing calibrated, or the predictor refuses its part.
        """
        try:
            known = safetensors.numpy.load(state)
        except SafetensorError as error:
            raise DataError(f"calibrated got {len(state)} bytes that are no state ({error}); load {_STATE}") from error
        require(
            known.keys() == {"line", "misses", "predictor"},
            f"calibrated got a state of {sorted(known)}; load {_STATE}",
            DataError,
        )
        if isinstance(self.predictor, Learner):
            self.predictor.load(known["predictor"].tobytes())
        self._line = known["line"] if len(known["line"]) else None
        self._misses = known["misses"]

    def _fitted(self) -> NDArray[np.float64]:
        """Intercept, slope, and what is added to an uncertainty."""
        if self._line is None:
            raise CapabilityError("calibrated was asked for scores before it learnt anything; call fit or load first")
        return self._line

    def _scores(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)``, higher being better; nobody is asked about nothing."""
        if not architectures:
            return np.zeros(0)
        return (1 if self.predictor.higher_is_better else -1) * self.predictor.predict(architectures)

    def _uncertainty(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)``; 0 where the predictor does not say."""
        if not architectures or not isinstance(self.predictor, Uncertain):
            return np.zeros(len(architectures))
        return self.predictor.uncertainty(architectures)


def _chosen(architectures: Sequence[Architecture], kept: NDArray[np.bool_]) -> list[Architecture]:
    return [one for one, keep in zip(architectures, kept.tolist(), strict=True) if keep]


def _line_and_misses(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, NDArray[np.float64]]:
    """Intercept, slope of at least 0, and by how much each of ``(A,)`` values is off the line through the others."""
    n = len(x)
    if n < LEAST:
        return 0.0, 1.0, np.full(n, np.inf)
    centred = x - x.mean()
    square = float((centred**2).sum())
    slope = max(0.0, float((centred * y).sum()) / square) if square > 0 else 0.0
    intercept = float(y.mean() - slope * x.mean())
    leverage = 1 / n + (centred**2 / square if slope > 0 else 0.0)
    return intercept, slope, np.abs(y - intercept - slope * x) / np.maximum(1 - leverage, 1e-9)
