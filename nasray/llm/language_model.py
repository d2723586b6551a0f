"""Who answers."""

from typing import Protocol

from nasray.llm.reply import Reply
from nasray.llm.request import Request


class LanguageModel(Protocol):
    """A language model as parts see it: the metered service, its client on a cluster, or the tally around either.

    Lifecycle: built from configuration without touching network or disk; the first ``complete`` connects. Any number
    of threads may call ``complete`` at once; it blocks until the reply is there.

    Attributes:
        model: The name that requests must bear.
        concurrency: Most requests worth sending at once.
    """

    @property
    def model(self) -> str:
        """The name that requests must bear."""
        ...

    @property
    def concurrency(self) -> int:
        """Most requests worth sending at once."""
        ...

    def complete(self, request: Request) -> Reply:
        """The reply.

        Raises:
            CallError: The model could not be reached, or refused.
            CapReached: It was not asked, since the answer could cost more than is allowed.
            ConfigError: The request cannot be meant for this model.
        """
        ...

    def close(self) -> None:
        """Nothing is asked any more for now; the next ``complete`` begins anew."""
        ...
