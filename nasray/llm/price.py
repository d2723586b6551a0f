"""What tokens cost."""

from dataclasses import dataclass

from nasray.core.errors import require


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for a million tokens.

    Attributes:
        prompt: Tokens read.
        completion: Tokens written.
        as_of: The day it was read, and where; ``given`` when the configuration says it.

    Raises:
        ConfigError: A price is negative.
    """

    prompt: float
    completion: float
    as_of: str = "given"

    def __post_init__(self) -> None:
        """Refuse to be paid for asking."""
        require(
            self.prompt >= 0 and self.completion >= 0,
            f"price ({self.prompt}, {self.completion}) must not be negative; give US dollars for a million tokens",
        )

    def usd(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6
