"""How much may be spent."""

from dataclasses import dataclass

from nasray.core.errors import require
from nasray.llm.spent import Spent


@dataclass(frozen=True, kw_only=True)
class Caps:
    """Limits on everything that one ledger holds: all runs that share it, whenever they ran. None is no limit.

    Args:
        usd: Money, in US dollars.
        tokens: Tokens read and written.
        calls: Requests sent, failed ones included.

    Raises:
        ConfigError: A limit is negative.
    """

    usd: float | None
    tokens: int | None
    calls: int | None

    def __post_init__(self) -> None:
        """Refuse limits below nothing; a limit of 0 allows hits alone."""
        for name in ("usd", "tokens", "calls"):
            value = getattr(self, name)
            require(value is None or value >= 0, f"caps.{name} ({value}) must be at least 0, or null for no limit")

    def passed_by(self, spent: Spent) -> str:
        """The first limit that ``spent`` passes, in words; empty if it passes none."""
        if self.calls is not None and spent.calls > self.calls:
            return f"caps.calls={self.calls}"
        if self.tokens is not None and spent.tokens > self.tokens:
            return f"caps.tokens={self.tokens}"
        if self.usd is not None and spent.usd > self.usd:
            return f"caps.usd={self.usd}"
        return ""
