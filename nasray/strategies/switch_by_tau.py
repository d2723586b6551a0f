"""Uses the lower rungs of a ladder only where a measured sample says that they can be trusted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasray.core.errors import require
from nasray.strategies.switch import SoFar


@dataclass(frozen=True, kw_only=True)
class SwitchByTau:
    """Iterations before ``end`` on the lower rungs that order a reserved random sample as the top rung does.

    The sample is random and scored on every rung before the search begins: among architectures that a rung has chosen
    itself, every correlation is too low. Trusted rungs share the iterations evenly; without one the top rung has all.

    Attributes:
        sample: S, size of the sample; each member takes a slot on every measured rung.
        at_least: Kendall's tau-b that a rung must reach.
        interval: Whether the lower end of the 95 % interval must reach it, rather than the point. It is wide: a sample
            of 20 has its lower end at 0 with a tau of 0.53, and at 0.6 with one of 0.89.
        end: The first iteration on the top rung in any case.

    Raises:
        ConfigError: A sample that orders nothing, an impossible tau, or a negative iteration.
    """

    sample: int
    at_least: float
    interval: bool
    end: int

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        require(self.sample >= 3, f"switch.sample ({self.sample}) must be at least 3, or nothing is ordered")
        require(-1 <= self.at_least <= 1, f"switch.at_least ({self.at_least}) must be between -1 and 1: it is a tau")
        require(self.end >= 0, f"switch.end ({self.end}) must not be negative")

    @property
    def reserved(self) -> int:
        """The sample."""
        return self.sample

    def rung(self, so_far: SoFar) -> int:
        """One of those that are trusted, or the top one."""
        *lower, truth = so_far.reserved
        trusted = [number for number, scores in enumerate(lower) if self._trusted(scores, truth)]
        if so_far.iteration >= self.end or not trusted:
            return so_far.top
        return trusted[so_far.iteration * len(trusted) // self.end]

    def _trusted(self, scores: Sequence[float], truth: Sequence[float]) -> bool:
        tau, error = kendall(np.array(scores), np.array(truth))
        return tau - (1.96 * error if self.interval else 0.0) >= self.at_least


def kendall(scores: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Kendall's tau-b of A architectures and the largest standard error that it can have; NaN where nothing is ordered.

    The bound on the variance, 2 (1 - tau^2) / A, is that of Kendall 1948, "Rank Correlation Methods", chapter 4: an
    interval from it is never too narrow. Architectures without a finite number on both sides are left out.
    """
    known = np.isfinite(scores) & np.isfinite(truth)
    x, y = (np.sign(one[known][:, None] - one[known][None, :]) for one in (scores, truth))
    ordered = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    tau = float((x * y).sum()) / ordered if ordered else math.nan
    return tau, math.sqrt(max(0.0, 2 * (1 - tau**2) / max(1, known.sum()))) if ordered else math.nan
