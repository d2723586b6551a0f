"""Least squares on one-hot tokens: what any cleverer predictor must beat."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.space import SearchSpace, TokenView, need
from nasray.predictors.label_ranks import label_ranks


@dataclass(kw_only=True)
class Ridge:
    """Ridge regression on which token stands where.

    Hoerl and Kennard 1970, "Ridge Regression: Biased Estimation for Nonorthogonal Problems",
    https://doi.org/10.1080/00401706.1970.10488634, equation 2.1, with an intercept that is not shrunk. Closed form.
    Sums run position by position, so that a score does not depend on what else is in the batch.

    Args:
        space: Must offer TokenView.
        target: What is fitted: ``values`` as they are, or their ``ranks``, from 0 for the worst to 1 for the best, so
            that a few broken cells do not bend the fit.
        shrinkage: k, added to the diagonal, above 0; in observations of a token that count as no effect.

    Raises:
        CapabilityError: The space has no tokens.
        ConfigError: The target is unknown, or the shrinkage is not above 0.
    """

    space: SearchSpace
    target: Literal["values", "ranks"]
    shrinkage: float
    higher_is_better: bool = field(default=True, init=False)
    _weights: NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)
    _intercept: float = field(default=0.0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the vocabulary."""
        require(self.target in ("values", "ranks"), f"Ridge target ({self.target!r}) must be values or ranks")
        require(self.shrinkage > 0, f"Ridge shrinkage ({self.shrinkage}) must be above 0, or nothing is solved")
        self._tokens = need(self.space, TokenView, "predictor ridge")
        self._n_tokens = len(self._tokens.vocabulary())

    @property
    def in_unit(self) -> bool:
        """Whether values are fitted as they are."""
        return self.target == "values"

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Solve for A architectures and their ``(A,)`` values.

        Raises:
            DataError: There are none, their numbers differ, or a value is not finite.
        """
        y = np.asarray(values, dtype=np.float64)
        n = len(architectures)
        require(n > 0 and y.shape == (n,), f"ridge got {n} architectures and values of shape {y.shape}", DataError)
        require(bool(np.isfinite(y).all()), "ridge got a value that is not finite; leave failures out", DataError)
        y = y if self.target == "values" else label_ranks(y)
        ids = self._ids(architectures, 0)
        width = self._n_tokens + 1
        columns = ids + width * np.arange(ids.shape[1])
        x = np.zeros((n, width * ids.shape[1]))
        x[np.arange(n)[:, None], columns] = 1.0
        share = x.mean(axis=0)
        centred = np.repeat(y - y.mean(), ids.shape[1])
        gram = x.T @ x - n * np.outer(share, share)  # counts: exact, whatever the order of the sums
        gram[np.diag_indices_from(gram)] += self.shrinkage
        effect = np.bincount(columns.ravel(), weights=centred, minlength=x.shape[1])
        weights = np.linalg.solve(gram, effect).astype(np.float64)
        self._intercept = float(y.mean() - (share * weights).sum())
        self._weights = weights.reshape(-1, width)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores in the unit of what was fitted.

        Raises:
            CapabilityError: Nothing was fitted yet.
        """
        if self._weights is None:
            raise CapabilityError("ridge was asked for scores before it learnt anything; call fit or load first")
        ids = self._ids(architectures, len(self._weights))
        scores = np.full(len(architectures), self._intercept)
        for position, effects in enumerate(self._weights):
            scores += effects[ids[:, position]]
        return scores

    def state(self) -> bytes:
        """The intercept and ``(P, V + 1)`` effects of V tokens at P positions, as one array in numpy's format."""
        effects = np.zeros(0) if self._weights is None else self._weights.ravel()
        file = io.BytesIO()
        np.save(file, np.concatenate([[self._intercept], effects]), allow_pickle=False)
        return file.getvalue()

    def load(self, state: bytes) -> None:
        """Inverse of ``state``.

        Raises:
            DataError: The state is that of another vocabulary.
        """
        intercept, *effects = np.load(io.BytesIO(state), allow_pickle=False)
        width = self._n_tokens + 1
        require(
            len(effects) % width == 0,
            f"ridge got a state of {len(effects)} effects for a vocabulary of {self._n_tokens}; load it where it was "
            "learnt: in the same space",
            DataError,
        )
        self._intercept = float(intercept)
        self._weights = np.array(effects).reshape(-1, width) if effects else None

    def _ids(self, architectures: Sequence[Architecture], least: int) -> NDArray[np.int64]:
        """``(A, P)`` token ids, P at least ``least``; V, which no token has, behind the end of a short sequence."""
        rows = [self._tokens.to_tokens(architecture) for architecture in architectures]
        longest = max([least, *map(len, rows)])
        return np.array([[*row, *[self._n_tokens] * (longest - len(row))] for row in rows], dtype=np.int64).reshape(
            len(rows), longest
        )
