"""A generator that lives in a host."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nasray.actors.host_client import HostClient
from nasray.actors.wish import Granted, Wish
from nasray.core.architecture import Architecture


@dataclass(kw_only=True)
class RemoteGenerator(HostClient):
    """A client of a host whose part is a ``GeneratorPart``, and a generator like the one inside it.

    It proposes, rebuilds and learns; each client is served from what it taught the host itself. The random numbers it
    is given are used up as they would be here.

    Args:
        identity: The host that is meant.
        recipe: How to start the host if it is not there; None to rely on somebody else.
    """

    _knowledge: str = field(init=False, default="")

    def propose(self, context: Sequence[Architecture], n: int, rng: np.random.Generator) -> Sequence[Architecture]:
        """As the generator; waits for the host.

        Raises:
            ConfigError: There is no such host, or it is of another version or configuration.
            NasrayError: As the generator.
        """
        (found,) = self._granted([Wish(tuple(context), n, None, rng)])
        return found

    def rebuild(
        self,
        architectures: Sequence[Architecture],
        eliminated: Sequence[Sequence[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> Sequence[Architecture]:
        """As the generator; waits for the host.

        Raises:
            NasrayError: As ``propose``.
        """
        rows = zip(architectures, eliminated, rngs, strict=True)
        found = self._granted([Wish((one,), 1, tuple(map(bool, mask)), rng) for one, mask, rng in rows])
        return [one for (one,) in found]

    def adapt(self, architectures: Sequence[Architecture]) -> None:
        """Let the host learn from these architectures alone.

        Raises:
            NasrayError: As ``propose``.
        """
        told = list(architectures)
        self._knowledge = self._ask("learn", told, np.zeros(len(told))) if told else ""

    def _granted(self, wishes: Sequence[Wish]) -> list[tuple[Architecture, ...]]:
        answers: list[Granted] = self._ask("call", self._knowledge, list(wishes)) if wishes else []
        for wish, (_, state) in zip(wishes, answers, strict=True):
            wish.rng.bit_generator.state = state
        return [architectures for architectures, _ in answers]
