"""What a planned number of prompts will take."""

from dataclasses import dataclass

from nasray.core.errors import require
from nasray.llm.price import Price


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Tokens and money of equal prompts, none of which is in the cache.

    Args:
        n_prompts: How many.
        prompt_tokens: Of each.
        most_completion_tokens: Of each reply, at most.
        price: Of the model; None where it is unknown.

    Raises:
        ConfigError: A number is negative.
    """

    n_prompts: int
    prompt_tokens: int
    most_completion_tokens: int
    price: Price | None

    def __post_init__(self) -> None:
        """Refuse negative plans."""
        for name in ("n_prompts", "prompt_tokens", "most_completion_tokens"):
            value = getattr(self, name)
            require(value >= 0, f"{name} ({value}) must not be negative")

    @property
    def total_prompt_tokens(self) -> int:
        """Tokens read."""
        return self.n_prompts * self.prompt_tokens

    @property
    def total_completion_tokens(self) -> int:
        """Tokens written, at most."""
        return self.n_prompts * self.most_completion_tokens

    @property
    def usd(self) -> float | None:
        """Money, at most; None where the price is unknown."""
        return self.price and self.price.usd(self.total_prompt_tokens, self.total_completion_tokens)
