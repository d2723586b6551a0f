"""What was spent."""

from typing import NamedTuple


class Spent(NamedTuple):
    """Calls, tokens and money: spent, or about to be.

    Attributes:
        calls: Requests that left this process.
        tokens: Read and written.
        usd: Money; 0.0 where the price is unknown.
    """

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def plus(self, other: "Spent") -> "Spent":
        """Both together."""
        return Spent(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)
