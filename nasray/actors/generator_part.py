"""A generator as a host serves it: wishes in, architectures out, what was learnt kept as bytes."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.actors.wish import Granted, Wish
from nasray.core.adaptable import Adaptable
from nasray.core.architecture import Architecture


@dataclass
class GeneratorPart:
    """The part of a host around a generator.

    Args:
        factory: Builds the generator, where the host lives.
    """

    factory: Callable[[], Adaptable]
    _generator: Adaptable = field(init=False)
    _taught: list[Architecture] = field(init=False, default_factory=list[Architecture])

    def __post_init__(self) -> None:
        """Build."""
        self._generator = self.factory()

    def grant(self, wishes: Sequence[Wish]) -> list[Granted]:
        """One answer a wish; all rebuilding in one call. Padding repeats a wish, which is answered once."""
        once = {id(wish): wish for wish in wishes}
        # The callers' random numbers are copied: whoever asks again, after an error say, gets the same.
        rngs = {key: deepcopy(wish.rng) for key, wish in once.items()}
        made: dict[int, tuple[Architecture, ...]] = {}
        broken: dict[int, tuple[bool, ...]] = {}
        for key, wish in once.items():
            if wish.eliminated is None:
                made[key] = tuple(self._generator.propose(wish.context, wish.n, rngs[key]))
            else:
                broken[key] = wish.eliminated
        rebuilt = self._generator.rebuild(
            [once[key].context[0] for key in broken], list(broken.values()), [rngs[key] for key in broken]
        )
        made |= {key: (one,) for key, one in zip(broken, rebuilt, strict=True)}
        return [(made[id(wish)], rngs[id(wish)].bit_generator.state) for wish in wishes]

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:  # noqa: ARG002 -- best first is all that counts
        """Learn from these architectures alone."""
        self._generator.adapt(architectures)
        self._taught = list(architectures)

    def state(self) -> bytes:
        """What it was taught: what a generator knows is a function of that."""
        return json.dumps([one.to_json() for one in self._taught]).encode()

    def load(self, state: bytes) -> None:
        """Learn the same again."""
        self.fit([Architecture.from_json(genes) for genes in json.loads(state)], np.zeros(0))
