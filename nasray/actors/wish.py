"""What a hosted generator is asked, and what it answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nasray.core.architecture import Architecture


@dataclass(frozen=True, slots=True)
class Wish:
    """A proposal, or the rebuilding of one architecture.

    Attributes:
        context: Good architectures to propose by; the one to be rebuilt.
        n: How many to propose.
        eliminated: Units of the one to be rebuilt; None where it is proposals that are wanted.
        rng: The random numbers to draw from.
    """

    context: tuple[Architecture, ...]
    n: int
    eliminated: tuple[bool, ...] | None
    rng: np.random.Generator


Granted = tuple[tuple[Architecture, ...], Any]
"""Those that were proposed, or the rebuilt one; and the state of the random numbers afterwards."""
