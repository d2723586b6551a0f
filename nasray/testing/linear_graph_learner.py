"""A predictor of graphs whose answers can be worked out by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch
from nasray.core.space import GraphView, SearchSpace, need


@dataclass(kw_only=True)
class LinearGraphLearner:
    """Adds up what each operator is worth at each node; a mixture is worth its mean. A Learner and a GraphPredictor.

    Args:
        space: Must offer GraphView, with the same number of nodes in every graph.
        higher_is_better: The direction of its scores; the worth counts the other way where it is False.
    """

    space: SearchSpace
    higher_is_better: bool = True
    _worth: NDArray[np.float64] | None = field(default=None, init=False)

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """``(N, K)`` worth: by how much values with an operator at a node are above the mean, shrunk by one value."""
        mixture = self._batch(architectures).mixture
        centred = values - values.mean()
        worth = np.einsum("ank,a->nk", mixture, centred) / (1 + mixture.sum(axis=0))
        self._worth = worth if self.higher_is_better else -worth

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores."""
        return self.predict_graphs(self._batch(architectures))

    def predict_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores."""
        assert self._worth is not None, "fit or load first"
        scores: NDArray[np.float64] = np.einsum("ank,nk->a", graphs.mixture.astype(np.float64), self._worth)
        return scores

    def state(self) -> bytes:
        """The worth, as float64."""
        return b"" if self._worth is None else self._worth.tobytes()

    def load(self, state: bytes) -> None:
        """Inverse of ``state``."""
        n_operators = len(need(self.space, GraphView, "LinearGraphLearner").operator_descriptions())
        self._worth = np.frombuffer(state).reshape(-1, n_operators)

    def _batch(self, architectures: Sequence[Architecture]) -> GraphBatch:
        view = need(self.space, GraphView, "LinearGraphLearner")
        return GraphBatch.of([view.graph(one) for one in architectures], tuple(view.operator_descriptions()))
