"""What a language model is asked."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import orjson

from nasray.core.errors import require
from nasray.llm.message import Message


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything that a reply depends on. Equal requests have one reply, which is paid once.

    Attributes:
        model: Name of the model.
        messages: The conversation so far, never empty.
        temperature: 0 for the most likely reply.
        max_tokens: Most tokens of the reply.
        sample: Number of the reply among those drawn for the same conversation, 0, 1, 2, …; part of the identity, so
            that each is drawn, kept and paid by itself.
        schema: JSON schema that the reply must fit, as text; empty for a reply in prose.

    Raises:
        ConfigError: A value is impossible.
    """

    model: str
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    sample: int = 0
    schema: str = ""

    def __post_init__(self) -> None:
        """Refuse what no model can answer."""
        require(bool(self.model), "request.model is empty; name a model")
        require(bool(self.messages), "request.messages is empty; say at least one thing")
        require(
            0 <= self.temperature < math.inf,
            f"request.temperature ({self.temperature}) must be finite and at least 0; 0 is the most likely reply",
        )
        require(self.max_tokens >= 1, f"request.max_tokens ({self.max_tokens}) must be at least 1")
        require(self.sample >= 0, f"request.sample ({self.sample}) must not be negative; count from 0")

    @cached_property
    def key(self) -> str:
        """SHA-256 of the content: the address of the reply."""
        said = [list(message) for message in self.messages]
        parts = [self.model, said, float(self.temperature), self.max_tokens, self.sample, self.schema]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()

    @cached_property
    def prompt_hash(self) -> str:
        """The first 16 digits of the SHA-256 of the conversation alone, whichever model reads it."""
        return hashlib.sha256(orjson.dumps([list(message) for message in self.messages])).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "model": self.model,
            "messages": [list(message) for message in self.messages],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "sample": self.sample,
            "schema": self.schema,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of ``to_json``."""
        return cls(**{**data, "messages": tuple(Message(*message) for message in data["messages"])})
