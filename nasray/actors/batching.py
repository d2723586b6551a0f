"""How many items go through a model at once: always the same number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import require


@dataclass(frozen=True, kw_only=True, slots=True)
class Batching:
    """The shape of batches.

    The last bits of a network's scores depend on the shape of the batch, since libraries choose their kernels by it:
    of 1,024 scores of a small network, free shapes changed 950, and padding to 64 none. So every batch has ``size``
    items, wherever the model runs.

    Attributes:
        size: Items in a batch, padding included.
        window_ms: How long a host waits for more items before it runs a batch that is not full, in milliseconds.
    """

    size: int
    window_ms: float

    def __post_init__(self) -> None:
        """Refuse a batch of nothing and a wait that never was."""
        require(self.size >= 1, f"host.batch_size ({self.size}) must be at least 1")
        require(self.window_ms >= 0, f"host.window_ms ({self.window_ms}) must not be negative")


def run_padded(
    function: Callable[[Sequence[Any]], Sequence[Any] | NDArray[Any]], items: Sequence[Any], size: int
) -> list[Any]:
    """``function`` over ``items`` in batches of exactly ``size``; padding repeats an item, and its answer is dropped.

    Raises:
        ValueError: The function did not give one answer an item.
    """
    answers: list[Any] = []
    for first in range(0, len(items), size):
        batch = list(items[first : first + size])
        got = function([*batch, *[batch[-1]] * (size - len(batch))])
        got = got.tolist() if isinstance(got, np.ndarray) else list(got)  # numpy's scalars travel one by one
        if len(got) != size:
            raise ValueError(f"{function!r} gave {len(got)} answers for {size} items; it must give one each")
        answers.extend(got[: len(batch)])
    return answers
