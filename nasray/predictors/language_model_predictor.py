"""LLM-PP that learns from the search: a language model estimates, given what was measured so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError, require
from nasray.predictors.demonstrations import (
    Choice,
    Demonstration,
    check_choice,
    from_bytes,
    pool_of,
    shown_for,
    to_bytes,
)
from nasray.predictors.estimator import Estimator


@dataclass(kw_only=True)
class LanguageModelPredictor:
    """A language model that is shown measured architectures of the search, and estimates others.

    See ``Estimator`` for the paper and the prompt. To learn is to choose what will be shown.

    Args:
        estimator: Asks.
        choice: Which outcomes are shown: ``random`` ones, ``stratified`` by value, or those ``nearest`` to each query.
        number: How many, at most; with 0 the model is asked without having seen any.
        seed: Of the random choice.

    Raises:
        ConfigError: A value is impossible.
    """

    estimator: Estimator
    choice: Choice
    number: int
    seed: int
    higher_is_better: bool = field(default=True, init=False)
    in_unit: bool = field(default=True, init=False)
    _pool: list[Demonstration] = field(init=False, default_factory=list[Demonstration], repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check; nothing is known."""
        check_choice(self.choice, self.number, "LanguageModelPredictor")

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Choose among A architectures and their ``(A,)`` values.

        Raises:
            DataError: There are none, their numbers differ, or a value is not finite.
        """
        y = np.asarray(values, dtype=np.float64)
        n = len(architectures)
        require(n > 0 and y.shape == (n,), f"language_model got {n} architectures, values of {y.shape}", DataError)
        require(bool(np.isfinite(y).all()), "language_model got a value that is not finite; leave it out", DataError)
        known = [Demonstration(one, value) for one, value in zip(architectures, y.tolist(), strict=True)]
        self._pool = pool_of(known, self.choice, self.number, self.seed)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` estimates in the unit of what was measured.

        Raises:
            CapabilityError: Nothing can be shown yet.
            NasrayError: The model could not be asked.
        """
        if self.number and not self._pool:
            raise CapabilityError("language_model was asked before it learnt anything; call fit or load first")
        shown = shown_for(architectures, self._pool, self.choice, self.number, self.estimator.space)
        return self.estimator.estimates(architectures, shown)

    def state(self) -> bytes:
        """What may be shown."""
        return to_bytes(self._pool)

    def load(self, state: bytes) -> None:
        """Inverse of ``state``."""
        self._pool = from_bytes(state)
