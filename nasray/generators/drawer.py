"""Who says what comes next."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Drawer(Protocol):
    """Draws words by their ids: 0 begins, 1 ends, 2 is unknown, word i has the id i + 3."""

    def fill(
        self, given: NDArray[np.int64], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """``(B, T)`` ids: what is given stays, -1 is drawn, from left to right; after the end comes the end.

        Args:
            given: ``(B, T)`` ids, or -1.
            uniforms: ``(B, T)`` in [0, 1).
            allowed: ``(V,)`` ids that may be drawn.
        """
        ...

    def next(
        self, contexts: Sequence[Sequence[int]], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """``(B,)`` ids, each after its context of at least one id."""
        ...

    def select(
        self, contexts: Sequence[Sequence[int]], words: NDArray[np.int64], uniforms: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """``(B,)`` blocks that the drawn ``words`` begin, as places in the checkpoint's list."""
        ...
