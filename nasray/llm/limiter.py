"""Keeps below the rates that a server allows."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from nasray.core.errors import require

_WINDOW_SECONDS = 60.0


@dataclass(kw_only=True)
class Limiter:
    """Calls and tokens in any 60 seconds; safe for threads, which are let through in the order of their asking.

    Args:
        requests_per_minute: Calls begun in any 60 seconds; None for no limit.
        tokens_per_minute: Tokens asked for in any 60 seconds; None for no limit.
        clock: Seconds that never go backwards.
        sleep: Waits so many seconds.

    Raises:
        ConfigError: A limit is below 1.
    """

    requests_per_minute: int | None
    tokens_per_minute: int | None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _begun: deque[tuple[float, int]] = field(init=False, default_factory=deque, repr=False, compare=False)
    _held_until: float = field(init=False, default=0.0, repr=False, compare=False)
    _lock: Lock = field(init=False, default_factory=Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse limits under which nothing is ever sent."""
        for name in ("requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            require(value is None or value >= 1, f"limiter.{name} ({value}) must be at least 1, or null for no limit")

    def wait(self, tokens: int) -> None:
        """Return when a call of ``tokens`` may begin.

        Raises:
            ConfigError: It alone has more tokens than a minute may have.
        """
        require(
            self.tokens_per_minute is None or tokens <= self.tokens_per_minute,
            f"a call of about {tokens:,} tokens can never begin with limiter.tokens_per_minute="
            f"{self.tokens_per_minute}; raise it, or ask for fewer max_tokens",
        )
        with self._lock:  # held while sleeping: whoever asks later begins later
            while (seconds := self._seconds_to_wait(tokens)) > 0:
                self.sleep(seconds)
            self._begun.append((self.clock(), tokens))

    def hold(self, seconds: float) -> None:
        """Let nobody begin for so long: the server asked for it."""
        self._held_until = max(self._held_until, self.clock() + seconds)

    def _seconds_to_wait(self, tokens: int) -> float:
        now = self.clock()
        while self._begun and self._begun[0][0] <= now - _WINDOW_SECONDS:
            self._begun.popleft()
        wait = self._held_until - now
        if self.requests_per_minute is not None and len(self._begun) >= self.requests_per_minute:
            wait = max(wait, self._begun[-self.requests_per_minute][0] + _WINDOW_SECONDS - now)
        if self.tokens_per_minute is not None:
            room = self.tokens_per_minute - tokens
            for begun, used in reversed(self._begun):
                room -= used
                if room < 0:
                    wait = max(wait, begun + _WINDOW_SECONDS - now)
                    break
        return wait

    def __getstate__(self) -> dict[str, Any]:
        """Pickle as settings: what was begun belongs to this process."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin anew in another process."""
        self.__init__(**state)
