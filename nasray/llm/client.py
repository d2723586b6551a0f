"""Who really answers: a server, a model in this process, a recording."""

from typing import Protocol

from nasray.llm.reply import Reply
from nasray.llm.request import Request


class Client(Protocol):
    """A language model without cache, caps and retries; every ``complete`` is one call that may cost something.

    Built without touching network or disk, picklable, safe for threads. A reply's ``hit``, ``usd`` and
    ``latency_seconds`` are left to the service.

    Attributes:
        model: The name that requests must bear.
        source: Who answers, for ledgers and replies; never a key.
    """

    @property
    def model(self) -> str:
        """The name that requests must bear."""
        ...

    @property
    def source(self) -> str:
        """Who answers, for ledgers and replies; never a key."""
        ...

    def complete(self, request: Request) -> Reply:
        """The reply.

        Raises:
            CallError: The model could not be reached, or refused.
            ConfigError: The request cannot be meant for this model, or a key or weights are missing; nothing was sent.
            DataError: What it answers from cannot be read; nothing was sent.
        """
        ...
