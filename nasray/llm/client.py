"""Who really answers: a server, a model in this process, a recording."""

from typing import Protocol

from nasray.llm.language_model import LanguageModel


class Client(LanguageModel, Protocol):
    """A language model without cache, caps and retries; every ``complete`` is one call that may cost something.

    Built without touching network or disk, picklable, safe for threads. A reply's ``hit``, ``usd`` and
    ``latency_seconds`` are left to the service.

    Attributes:
        source: Who answers, for ledgers and replies; never a key.
    """

    @property
    def source(self) -> str:
        """Who answers, for ledgers and replies; never a key."""
        ...
