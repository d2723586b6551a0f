"""Counter-based randomness: the numbers a slot gets depend on (root seed, part, slot) and on nothing else.

Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") maps a key and a counter to random words.
The key is a hash of root seed and part; the slot is one word of the counter. Hence slot 7 gets the same numbers on
one worker, on 64, in the simulator and after a crash, whatever was drawn before it.
"""

import hashlib
from typing import Any

import numpy as np

from nasray.core.errors import require


def key_of(seed: int, part: str) -> int:
    """The 128-bit Philox key of a named part under a root seed."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{part}".encode(), digest_size=16).digest(), "little")


class Streams:
    """The random streams of one part of a run, one a slot.

    Args:
        seed: Root seed of the run, at least 0.
        part: Who draws: ``strategy``, ``evaluator``, ``repair``, …

    Raises:
        ConfigError: The seed is negative.
    """

    def __init__(self, seed: int, part: str) -> None:
        """Derive the key; draw nothing yet."""
        require(seed >= 0, f"seed ({seed}) must not be negative")
        self.seed = seed
        self.part = part
        self._philox = np.random.Philox(key=key_of(seed, part))
        self._generator = np.random.Generator(self._philox)
        self._counter = [0, 0, 0, 0]
        key = [int(word) for word in self._philox.state["state"]["key"]]
        # Plain lists: numpy reads the state word by word, and words of its own arrays take three times as long.
        place = {"counter": self._counter, "key": key}
        self._state: Any = self._philox.state | {"state": place, "buffer": [0, 0, 0, 0]}

    def at(self, slot: int) -> np.random.Generator:
        """The generator at the beginning of the stream of ``slot``.

        NOTE: it is the same object each time, moved (1 microsecond against 12 for a new one): finish with one slot
        before asking for the next. Use ``fresh`` where two must live side by side.
        """
        self._counter[2] = slot
        self._philox.state = self._state
        return self._generator

    def fresh(self, slot: int) -> np.random.Generator:
        """A generator of its own at the beginning of the stream of ``slot``; equal in numbers to ``at(slot)``."""
        return Streams(self.seed, self.part).at(slot)

    def integer(self, slot: int) -> int:
        """A 63-bit seed for ``slot``, for libraries that take an integer."""
        return int(self.at(slot).integers(2**63))

    def __reduce__(self) -> tuple[type["Streams"], tuple[int, str]]:
        """Pickle as what it was made from, so that a worker starts from the same key."""
        return Streams, (self.seed, self.part)
