"""Architectures as rows of numbers, for regressions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, require
from nasray.core.space import SearchSpace, TokenView, need

Kind = Literal["averaged", "layers", "genes", "depth"]
KINDS = ("averaged", "layers", "genes", "depth")


@runtime_checkable
class TransformerFeatures(Protocol):
    """The space describes encoder-decoder Transformers."""

    def distillation_features(self, architecture: Architecture) -> NDArray[np.float64]:
        """``(10,)`` widths, depths and means over layers, each between 0 and 1; the sixth is the decoder's depth."""
        ...

    def layer_features(self, architecture: Architecture) -> NDArray[np.float64]:
        """``(G,)`` one number a gene, each between 0 and 1."""
        ...


@dataclass(frozen=True)
class DistilledFeatures:
    """Reads the features of one kind.

    Args:
        space: Must offer TokenView for ``genes``, and TransformerFeatures for the other kinds.
        kind: ``averaged`` (the ten of LLM-Distill-PP), ``layers`` (one a gene), ``genes`` (each token one-hot), or
            ``depth`` (the logarithm of the decoder's depth alone).

    Raises:
        CapabilityError: The space does not offer what the kind needs.
        ConfigError: The kind is unknown.
    """

    space: SearchSpace
    kind: Kind

    def __post_init__(self) -> None:
        """Refuse a space of something else."""
        require(self.kind in KINDS, f"features ({self.kind!r}) must be one of {', '.join(KINDS)}")
        need(self.space, TokenView if self.kind == "genes" else TransformerFeatures, f"features={self.kind}")

    def rows(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A, F)`` features.

        Raises:
            DataError: Members of the space have different numbers of tokens.
        """
        if self.kind == "genes":
            return self._one_hot(architectures)
        view = need(self.space, TransformerFeatures, f"features={self.kind}")
        read = view.layer_features if self.kind == "layers" else view.distillation_features
        rows = np.array([read(one) for one in architectures])
        return np.log(rows[:, 5:6]) if self.kind == "depth" and len(rows) else rows

    def _one_hot(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        view = need(self.space, TokenView, "features=genes")
        tokens = [view.to_tokens(one) for one in architectures]
        n_tokens, lengths = len(view.vocabulary()), {len(one) for one in tokens}
        require(
            len(lengths) <= 1,
            f"features=genes got members of {sorted(lengths)} tokens; it needs a space whose members have equally many",
            DataError,
        )
        return np.eye(n_tokens)[np.array(tokens, np.int64)].reshape(len(tokens), -1)
