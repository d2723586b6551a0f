"""A graph network that was trained beforehand, on other spaces: a score for cells of which nothing is known."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.card import Card, Leak
from nasray.core.errors import DataError, require
from nasray.core.graph_batch import GraphBatch
from nasray.core.space import SearchSpace
from nasray.models.assets import read_asset
from nasray.models.gcn import GcnShape
from nasray.predictors.gcn import networks_of
from nasray.predictors.graph_scorer import GraphScorer
from nasray.predictors.operator_embeddings import OperatorEmbeddings


@dataclass(kw_only=True)
class PretrainedGcn:
    """An ensemble of graph networks (TG-NAS) with the weights of a checkpoint; it learns nothing more.

    Qiao et al. 2024, https://arxiv.org/abs/2404.00271, where one network that was trained on NAS-Bench-101 ranks the
    cells of other spaces. Departures from the paper: those of ``nasray/predictors/gcn.py``, and the mean of several
    networks instead of one.

    Args:
        space: Must offer GraphView.
        checkpoint: Name of a shipped asset, or a folder with weights and card.
        sentence_model: Name or folder of a model for operators that the shipped table lacks; None for none.
        leak: What to do in a space whose cells the checkpoint has seen: ``refuse``, or ``allow``, which marks figures.

    Attributes:
        card: What the checkpoint has seen.
        leaks: Whether every figure must be marked, since the checkpoint has seen the space's cells.

    Raises:
        CapabilityError: The space has no graphs, or an operator cannot be embedded.
        ConfigError: The checkpoint has seen the space's cells, and leak is ``refuse``.
        DataError: There is no such checkpoint, or it is damaged, a generator's, or made for another embedding.
    """

    space: SearchSpace
    checkpoint: str
    sentence_model: str | None
    leak: Leak
    higher_is_better: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Read the weights and look at the card."""
        tensors, data = read_asset(self.checkpoint, "predictor")
        self.card = Card.from_json(data)
        self.leaks = self.card.guard(self.space, self.leak)
        try:
            shape, reads = GcnShape(**self.card.facts["shape"]), self.card.facts["reads"]
            embeddings = OperatorEmbeddings(wording=reads["wording"], sentence_model=self.sentence_model)
            self._scorer = GraphScorer(
                space=self.space, embeddings=embeddings, data_flow=reads["data_flow"], features=()
            )
            of = reads["embeddings"]
        except (KeyError, TypeError) as error:
            raise DataError(
                f"the card of checkpoint {self.checkpoint} lacks {error}; it must say shape and reads: make it again"
            ) from error
        if of != embeddings.name:
            raise DataError(
                f"checkpoint {self.checkpoint} was trained on the embeddings {of}, and those at hand are "
                f"{embeddings.name}; use a checkpoint that was trained on these, or the sentence_model that made those"
            )
        self._table = self._scorer.table()
        self._networks = networks_of(tensors, shape, self._table.shape[1], 0)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores, in standard deviations of what the networks were trained on."""
        return self.predict_graphs(self._scorer.batch(architectures))

    def predict_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores of graphs that may carry mixtures of the space's operators.

        Raises:
            DataError: The graphs are over other operators.
        """
        return self._each(graphs).mean(axis=0)

    def uncertainty(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` standard deviations of the members' scores."""
        return self._each(self._scorer.batch(architectures)).std(axis=0)

    def member(self, number: int) -> Self:
        """A predictor with one of the networks alone.

        Raises:
            ConfigError: There is no such member.
        """
        n = len(self._networks)
        require(0 <= number < n, f"PretrainedGcn member ({number}) must be between 0 and {n - 1}")
        alone = copy.copy(self)
        alone._networks = [self._networks[number]]
        return alone

    def _each(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(M, A)`` scores of M members, each on the scale that it was trained to."""
        flow = self._scorer.flow(graphs)
        return np.stack([self._scorer.scores(one, flow, self._table, None) for one in self._networks])
