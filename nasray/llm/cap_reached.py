"""A call that was not made."""

from nasray.core.errors import NasrayError


class CapReached(NasrayError):
    """A call could have passed a cap on money, tokens or calls; nothing was sent."""
