"""A call that brought no reply."""

from nasray.core.errors import NasrayError


class CallError(NasrayError):
    """A language model could not be reached, or refused.

    Args:
        message: Who, what, and the remedy; never a key.
        kind: One word for tallies: ``refused``, ``timeout``, ``rate_limit``, …
        retryable: Whether the same call may succeed later.
        retry_after: Seconds that the server asked to wait, if it did.
        billed: Whether the call may cost something all the same.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "error",
        retryable: bool = False,
        retry_after: float | None = None,
        billed: bool = False,
    ) -> None:
        """Built from the message alone where it comes back from another process."""
        super().__init__(message)
        self.kind = kind
        self.retryable = retryable
        self.retry_after = retry_after
        self.billed = billed
