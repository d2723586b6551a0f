"""A graph network over operator descriptions that learns from a search's own outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.graph_batch import GraphBatch
from nasray.core.predictor import Predictor
from nasray.core.space import SearchSpace
from nasray.models.gcn import Gcn as Network
from nasray.models.gcn import GcnShape
from nasray.models.gcn_training import GcnRecipe, LabelledGraphs, train_gcn
from nasray.predictors.graph_scorer import GraphScorer
from nasray.predictors.label_ranks import label_ranks
from nasray.predictors.operator_embeddings import OperatorEmbeddings, Wording


@dataclass(kw_only=True)
class Gcn:
    """An ensemble of graph networks (TG-NAS), trained anew at every fit.

    Qiao et al. 2024, "TG-NAS: Generalizable Zero-Cost Proxies with Operator Description Embedding and Graph Learning",
    https://arxiv.org/abs/2404.00271. Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474, section 2.4: the
    score is the mean of the members, their spread the uncertainty.

    Departures from the paper: it learns from the space that is searched; mixtures; data flow may be resolved before the
    graph is read; see also ``GcnShape`` and ``GcnRecipe``, whose settings come near the paper or the released code.

    Args:
        space: Must offer GraphView.
        wording: Length of the operators' sentences, or ``one_hot``.
        sentence_model: Name or folder of a model: the one that made the shipped table, for operators that this lacks,
            or another one for all of them; None for the table alone.
        data_flow: Whether ``none``, skips and dead ends are resolved, or stay nodes as in the paper.
        features: Predictors whose scores are further inputs, e.g. zero-cost proxies.
        members: Networks in the ensemble.
        target: What is fitted: ``values`` as they are, or their ``ranks``.
        seed: Of the first member; the others count on from it.
        width: See ``GcnShape``, as for the next six.
        layers: Graph convolutions.
        both_directions: Messages against the data flow, too.
        normalisation: ``none`` or ``symmetric``.
        node_norm: ``batch``, ``layer`` or ``none``.
        readout: ``global``, ``mean`` or ``sum``.
        dropout: In training.
        epochs: See ``GcnRecipe``, as for the rest.
        batch_size: At most.
        learning_rate: At the beginning.
        weight_decay: Of AdamW.
        loss: ``mse``, ``pairwise`` or ``listwise``.

    Raises:
        CapabilityError: The space has no graphs, or an operator cannot be embedded.
        ConfigError: An impossible setting.
    """

    space: SearchSpace
    wording: Wording
    sentence_model: str | None
    data_flow: bool
    features: Sequence[Predictor]
    members: int
    target: Literal["values", "ranks"]
    seed: int
    width: int
    layers: int
    both_directions: bool
    normalisation: Literal["none", "symmetric"]
    node_norm: Literal["batch", "layer", "none"]
    readout: Literal["global", "mean", "sum"]
    dropout: float
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    loss: Literal["mse", "pairwise", "listwise"]
    higher_is_better: bool = field(default=True, init=False)
    _networks: list[Network] = field(default_factory=list[Network], init=False, repr=False, compare=False)
    _scaling: Tensor | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the settings and embed the operators."""
        require(self.members >= 1, f"Gcn members ({self.members}) must be at least 1")
        require(self.seed >= 0, f"Gcn seed ({self.seed}) must not be negative")
        require(self.target in ("values", "ranks"), f"Gcn target ({self.target!r}) must be values or ranks")
        self._shape = GcnShape(
            width=self.width,
            layers=self.layers,
            both_directions=self.both_directions,
            normalisation=self.normalisation,
            node_norm=self.node_norm,
            readout=self.readout,
            dropout=self.dropout,
        )
        self._recipe = GcnRecipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            loss=self.loss,
        )
        embeddings = OperatorEmbeddings(wording=self.wording, sentence_model=self.sentence_model)
        self._scorer = GraphScorer(
            space=self.space, embeddings=embeddings, data_flow=self.data_flow, features=self.features
        )
        self._table = self._scorer.table()

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Train the members on A architectures and their ``(A,)`` values; from equal values nothing is learnt.

        Raises:
            DataError: There are none, their numbers differ, or a value is not finite.
        """
        y = np.asarray(values, dtype=np.float64)
        n = len(architectures)
        require(n > 0 and y.shape == (n,), f"gcn got {n} architectures and values of shape {y.shape}", DataError)
        require(bool(np.isfinite(y).all()), "gcn got a value that is not finite; leave failures out", DataError)
        y = y if self.target == "values" else label_ranks(y)
        columns = self._scorer.columns(architectures)
        self._scaling = None if columns is None else torch.stack([columns.mean(0), columns.std(0, unbiased=False)])
        source = LabelledGraphs(
            flow=self._scorer.flow(self._scorer.batch(architectures)),
            table=self._table,
            labels=torch.from_numpy(y).float(),
            columns=self._scaled(columns),
            weight=1.0,
        )
        self._networks = [
            train_gcn(self._shape, self._recipe, [source], self.seed + member, restrict=False)
            for member in range(self.members)
        ]

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores in standard deviations of what was fitted.

        Raises:
            CapabilityError: Nothing was fitted yet.
        """
        return self._each(architectures).mean(axis=0)

    def uncertainty(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` standard deviations of the members' scores; 0 with one member.

        Raises:
            CapabilityError: Nothing was fitted yet.
        """
        return self._each(architectures).std(axis=0)

    def predict_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores of graphs that may carry mixtures of the space's operators.

        Raises:
            CapabilityError: Nothing was fitted yet, or there are features, which only architectures have.
            DataError: The graphs are over other operators.
        """
        require(
            not self.features,
            "gcn has features, which are scores of architectures: graphs have none; leave features empty",
            CapabilityError,
        )
        return self._scored(graphs, None).mean(axis=0)

    def state(self) -> bytes:
        """Weights of the members and the scaling of the features, as safetensors."""
        tensors = {
            f"{number}.{name}": tensor.contiguous()
            for number, network in enumerate(self._networks)
            for name, tensor in network.state_dict().items()
        }
        return safetensors.torch.save(tensors if self._scaling is None else {**tensors, "scaling": self._scaling})

    def load(self, state: bytes) -> None:
        """Inverse of ``state``.

        Raises:
            DataError: The state is none, or that of another shape or another embedding.
        """
        try:
            tensors = safetensors.torch.load(state)
        except SafetensorError as error:
            raise DataError(
                f"gcn got {len(state)} bytes that are no state ({error}); load what state() of a gcn gave"
            ) from error
        self._scaling = tensors.pop("scaling", None)
        self._networks = networks_of(tensors, self._shape, self._table.shape[1], len(self.features))

    def _each(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(M, A)``."""
        columns = self._scaled(self._scorer.columns(architectures))
        return self._scored(self._scorer.batch(architectures), columns)

    def _scored(self, graphs: GraphBatch, columns: Tensor | None) -> NDArray[np.float64]:
        if not self._networks:
            raise CapabilityError("gcn was asked for scores before it learnt anything; call fit or load first")
        flow = self._scorer.flow(graphs)
        return np.stack([self._scorer.scores(one, flow, self._table, columns) for one in self._networks])

    def _scaled(self, columns: Tensor | None) -> Tensor | None:
        """Columns of mean 0 and spread 1 on what was fitted."""
        if columns is None or self._scaling is None:
            return columns
        return (columns - self._scaling[0]) / self._scaling[1].clamp(min=1e-9)


def networks_of(tensors: dict[str, Tensor], shape: GcnShape, n_features: int, n_columns: int) -> list[Network]:
    """Networks with the given weights, ``NUMBER.NAME`` -> tensor.

    Raises:
        DataError: They do not fit the shape or the embedding.
    """
    strange = [name for name in tensors if not name.partition(".")[0].isdecimal()]
    require(
        not strange,
        f"gcn got weights of no network of its kind ({', '.join(strange)[:200]}); load what state() of a gcn gave",
        DataError,
    )
    found: list[Network] = []
    for number in sorted({int(name.partition(".")[0]) for name in tensors}):
        network = Network(shape, n_features, n_columns, torch.Generator())
        weights = {name.partition(".")[2]: one for name, one in tensors.items() if name.startswith(f"{number}.")}
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise DataError(
                f"gcn got weights of another network ({' '.join(str(error).split())[:200]}); use the settings and the "
                f"embedding (length {n_features}) that they were trained with"
            ) from error
        found.append(network.eval())
    return found
