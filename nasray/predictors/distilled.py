"""A small network that has learnt what another predictor says, so that the other one need not be asked again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.predictor import Learner, Predictor
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.models.mlp import Mlp, MlpRecipe, train_mlp
from nasray.predictors.distilled_features import DistilledFeatures, Kind

PADDED = 64
"""Rows of a batch: the shape of a product decides the last bits of what comes of it."""


@dataclass(kw_only=True)
class Distilled:
    """A multilayer perceptron on features of architectures, trained on a teacher's labels of a random pool.

    Jawahar et al. 2023, "LLM Performance Predictors are good initializers for Architecture Search", section 4.3,
    https://arxiv.org/abs/2310.16712. Only with a language model for a teacher is it LLM-Distill-PP: see ``name``.

    Departures from the paper, which distilled_paper.yaml takes back: targets are standardised, the learning rate is a
    hundred times higher, and training stops early. Labels that are no finite number are left out.

    Args:
        space: Must offer what the features need.
        teacher: Who labels the pool; one that learns is taught first, by ``fit``.
        pool_size: Distinct random members that are labelled; fewer where the space is smaller.
        features: ``averaged`` or ``layers`` for hat, ``genes`` for any space.
        width: Units of a hidden layer.
        depth: Hidden layers.
        steps: Most steps of training.
        batch_size: Rows of a step.
        learning_rate: Of Adam.
        standardise: Whether labels are scaled to mean 0 and spread 1 before they are fitted.
        patience: Checks without progress before training stops; None to take every step.
        seed: Of the pool and of training.

    Attributes:
        higher_is_better: The teacher's direction.
        name: ``distilled(TEACHER)``.

    Raises:
        CapabilityError: The space does not offer the features.
        ConfigError: An impossible setting.
    """

    space: SearchSpace
    teacher: Predictor
    pool_size: int
    features: Kind
    width: int
    depth: int
    steps: int
    batch_size: int
    learning_rate: float
    standardise: bool
    patience: int | None
    seed: int
    _network: Mlp | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the settings; label nothing yet."""
        require(self.pool_size >= 2, f"Distilled pool_size ({self.pool_size}) must be at least 2")
        require(self.seed >= 0, f"Distilled seed ({self.seed}) must not be negative")
        self._features = DistilledFeatures(self.space, self.features)
        self._recipe = MlpRecipe(
            width=self.width,
            depth=self.depth,
            steps=self.steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            standardise=self.standardise,
            patience=self.patience,
        )

    @property
    def higher_is_better(self) -> bool:
        """As with the teacher."""
        return self.teacher.higher_is_better

    @property
    def name(self) -> str:
        """What it is called wherever its figures are shown: never without its teacher."""
        return f"distilled({getattr(self.teacher, 'name', type(self.teacher).__name__)})"

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Teach the teacher, if it learns, and learn from it.

        Raises:
            DataError: A teacher that does not like the values, or that gives fewer than two finite labels.
        """
        if isinstance(self.teacher, Learner):
            self.teacher.fit(architectures, values)
        self._network = self._distilled()

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores in the teacher's unit; a teacher that knows beforehand labels its pool at the first call.

        Raises:
            CapabilityError: The teacher learns, and nothing was fitted yet.
            DataError: The teacher gives fewer than two finite labels.
        """
        if self._network is None:
            if isinstance(self.teacher, Learner):
                raise CapabilityError(f"{self.name} was asked before its teacher learnt anything; call fit or load")
            self._network = self._distilled()
        if not architectures:
            return np.zeros(0)
        rows = torch.from_numpy(self._features.rows(architectures)).float()
        network = self._network
        return torch.cat([network.predict(one) for one in _padded(rows).split(PADDED)])[: len(rows)].double().numpy()

    def state(self) -> bytes:
        """The network's weights, as safetensors; without any before the first fit."""
        tensors = {} if self._network is None else self._network.state_dict()
        return safetensors.torch.save({name: one.contiguous() for name, one in tensors.items()})

    def load(self, state: bytes) -> None:
        """Inverse of ``state``.

        Raises:
            DataError: The state is that of another network.
        """
        tensors = safetensors.torch.load(state)
        if not tensors:
            self._network = None
            return
        n_features = self._features.rows([self.space.sample(np.random.default_rng(0))]).shape[1]
        network = Mlp(n_features, self._recipe, torch.Generator())
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise DataError(f"{self.name} got a state of another network; load it where it was learnt") from error
        self._network = network.eval()

    def pool(self) -> list[Architecture]:
        """The members that are labelled: the same for the same seed."""
        rng = Streams(self.seed, "distilled/pool").at(0)
        found: dict[Architecture, None] = {}
        for _ in range(4 * self.pool_size):  # a space with fewer members gives what it has
            if len(found) < self.pool_size:
                found.setdefault(self.space.sample(rng))
        return [*found]

    def _distilled(self) -> Mlp:
        pool = self.pool()
        labels = np.asarray(self.teacher.predict(pool), np.float64)
        known = np.isfinite(labels)
        require(
            int(known.sum()) >= 2,
            f"{self.name}: its teacher gave {int(known.sum())} finite labels for {len(pool)} architectures; at least 2 "
            "are needed: mend the teacher",
            DataError,
        )
        rows = self._features.rows(pool)[known]
        return train_mlp(
            self._recipe, torch.from_numpy(rows).float(), torch.from_numpy(labels[known]).float(), self.seed
        )


def _padded(rows: torch.Tensor) -> torch.Tensor:
    """``(A, F)`` rows, and zeros up to a multiple of the batch."""
    return torch.nn.functional.pad(rows, (0, 0, 0, -len(rows) % PADDED))
