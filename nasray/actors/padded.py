"""A predictor in this process, with what it can do kept visible."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.actors.batching import Batching
from nasray.actors.padded_learner import PaddedLearner
from nasray.actors.padded_predictor import PaddedPredictor
from nasray.core.graph_batch import GraphBatch
from nasray.core.predictor import GraphPredictor, Learner, Predictor


@dataclass(kw_only=True)
class _PaddedGraphPredictor(PaddedPredictor):
    """A GraphPredictor around one: its batches of graphs have a fixed shape as they are."""

    inner: GraphPredictor

    def predict_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores for A graphs."""
        return self.inner.predict_graphs(graphs)


@dataclass(kw_only=True)
class _PaddedGraphLearner(PaddedLearner):
    """Likewise for one that learns."""

    def predict_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores for A graphs."""
        assert isinstance(self.inner, GraphPredictor)
        return self.inner.predict_graphs(graphs)


def padded(inner: Predictor, batching: Batching) -> Predictor:
    """``inner`` with batches of the same fixed shape as in a host; it learns, and scores graphs, if ``inner`` does."""
    scores_graphs = isinstance(inner, GraphPredictor)
    if isinstance(inner, Learner):
        return (_PaddedGraphLearner if scores_graphs else PaddedLearner)(inner=inner, batching=batching)
    if scores_graphs:
        return _PaddedGraphPredictor(inner=inner, batching=batching)
    return PaddedPredictor(inner=inner, batching=batching)
