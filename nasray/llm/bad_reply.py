"""A reply that is not what was asked for."""

from nasray.core.errors import NasrayError


class BadReply(NasrayError):
    """Every reply to a question was refused, re-asks included.

    Args:
        message: What was refused, and the remedy.
        kinds: Why each reply was refused, first to last, e.g. ``("truncated", "not_json")``.
    """

    def __init__(self, message: str, kinds: tuple[str, ...] = ()) -> None:
        """Built from the message alone where it comes back from another process."""
        super().__init__(message)
        self.kinds = kinds
