"""A predictor that is never asked twice for the same architecture, and how often it was asked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import NotFinite, require
from nasray.core.graph_batch import GraphBatch
from nasray.core.predictor import GraphPredictor, unwrapped


class ScoreBook:
    """Scores by architecture; more is better, whatever the predictor's direction.

    Args:
        predictor: Who scores.

    Attributes:
        scores: What is known.
        asked: Scores asked for so far, known ones and those of supernets included: the calls that papers count.
    """

    def __init__(self, predictor: GraphPredictor) -> None:
        self.scores: dict[Architecture, float] = {}
        self.asked = 0
        self._predictor = predictor
        self._sign = 1.0 if predictor.higher_is_better else -1.0

    def of(self, architectures: Sequence[Architecture]) -> list[float]:
        """The scores of A architectures, the unknown ones scored in one batch.

        Raises:
            NotFinite: The predictor returned NaN or infinity.
        """
        self.asked += len(architectures)
        unknown = list(dict.fromkeys(one for one in architectures if one not in self.scores))
        if unknown:
            found = self._checked(self._predictor.predict(unknown))
            self.scores |= dict(zip(unknown, found.tolist(), strict=True))
        return [self.scores[one] for one in architectures]

    def of_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores of A graphs.

        Raises:
            NotFinite: The predictor returned NaN or infinity.
        """
        self.asked += len(graphs)
        return self._checked(self._predictor.predict_graphs(graphs))

    def best(self, n: int) -> list[tuple[Architecture, float]]:
        """The n best of the architectures that were scored; among equals the one scored first."""
        return sorted(self.scores.items(), key=lambda item: -item[1])[:n]

    @property
    def alike(self) -> str:
        """In words, that all architectures have the same score; empty if two differ, or if there is only one."""
        scores = {*self.scores.values()}
        if len(scores) != 1 or len(self.scores) == 1:
            return ""
        return f"the same score ({scores.pop():g}) for all of {len(self.scores)} architectures"

    def _checked(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        require(
            bool(np.isfinite(scores).all()),
            f"{type(unwrapped(self._predictor)).__name__} returned a score that is not finite; prune_evolve cannot "
            "compare it: mend the predictor, or choose another",
            NotFinite,
        )
        return self._sign * scores
