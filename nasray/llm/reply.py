"""What a language model answered, and what it took."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply; its text may be anything.

    Attributes:
        text: What the model said.
        source: Who answered: the client and its address. The fake says ``fake`` here.
        prompt_tokens: Tokens read, as the server counted them.
        completion_tokens: Tokens written.
        finish: Why it ended: ``stop``, ``length`` (cut off at ``max_tokens``), or the server's own word.
        latency_seconds: From the question to this reply; that of the cache when it was a hit.
        hit: Whether it was there already, or was shared with somebody who asked the same at the same time.
        usd: What this reply cost now: 0.0 for a hit, None where the price is unknown.
    """

    text: str
    source: str
    prompt_tokens: int
    completion_tokens: int
    finish: str = "stop"
    latency_seconds: float = 0.0
    hit: bool = False
    usd: float | None = None

    @property
    def truncated(self) -> bool:
        """Whether it was cut off at ``max_tokens``."""
        return self.finish == "length"

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of ``to_json``."""
        return cls(**data)
