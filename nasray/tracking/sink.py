"""Where a tracked search's rows go; W&B behind a process boundary, or a list in a test."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Message = Mapping[str, Any]
"""Plain JSON: ``{"op": "log", "row": {…}, "step": slot}`` or ``{"op": "finish", …}`` (see ``wandb_process``)."""


class Sink(Protocol):
    """Takes messages from the writer's thread; every method may block and may raise ``ConnectionError``."""

    def open(self, mode: str, overdue: Callable[[], bool]) -> str:
        """Connect; ask ``overdue`` now and then whether to give up. Returns the folder that is written to.

        Raises:
            ConnectionError: The service could not be started in this mode.
        """
        ...

    def send(self, *messages: Message) -> None:
        """Write rows.

        Raises:
            ConnectionError: The other side is gone.
        """
        ...

    def finish(self, message: Message) -> bool:
        """Write the end of the search and wait until it is kept; False when it was kept here but not uploaded.

        Raises:
            ConnectionError: The other side is gone.
        """
        ...

    def kill(self) -> None:
        """Drop everything at once; callable from any thread, any number of times. A blocked call raises."""
        ...
