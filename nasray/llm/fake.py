"""A fake language model, for tests and dry runs. Its numbers mean nothing."""

import json
import time
from dataclasses import dataclass
from typing import Any, cast

from nasray.core.errors import require
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.llm.token_count import rough_prompt_tokens, rough_tokens


@dataclass(frozen=True, kw_only=True)
class Fake:
    """Answers every request with a function of its hash.

    In prose it says that it is a fake. To a schema it replies with JSON that fits: numbers within their bounds, texts
    that begin with ``fake``; where no text is asked for, ``source`` and the model's name say it.

    Args:
        model: A name with the word fake in it.
        latency_seconds: How long it thinks.

    Raises:
        ConfigError: The name could be taken for a real model's.
    """

    model: str
    latency_seconds: float

    def __post_init__(self) -> None:
        """Refuse to pass for a real model."""
        require("fake" in self.model, f"client.model ({self.model!r}) of a fake must have the word fake in it")

    @property
    def source(self) -> str:
        """That it is a fake."""
        return "fake"

    def complete(self, request: Request) -> Reply:
        """Always the same reply to the same request."""
        if self.latency_seconds > 0:
            time.sleep(self.latency_seconds)
        digits = int(request.key, 16)
        text = f"fake reply {request.key[:12]}"
        if request.schema:
            text = json.dumps(_made(json.loads(request.schema), digits))
        return Reply(
            text=text,
            source=self.source,
            prompt_tokens=rough_prompt_tokens(request.messages),
            completion_tokens=min(request.max_tokens, rough_tokens(text)),
        )


def _made(schema: dict[str, Any], digits: int) -> Any:
    """A value of the schema's type; ``digits`` decides which."""
    if "enum" in schema:
        return schema["enum"][digits % len(schema["enum"])]
    kind = schema.get("type")
    if kind == "object":
        properties = cast(dict[str, Any], schema.get("properties", {}))
        return {name: _made(one, digits >> 16 * at) for at, (name, one) in enumerate(properties.items())}
    if kind == "array":
        return [_made(schema.get("items", {}), digits >> 16 * at) for at in range(schema.get("minItems", 1))]
    if kind in ("number", "integer"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", low + 100))
        share = (digits % 65_535 + 1) / 65_537  # never at either end
        return round(low + share * (high - low)) if kind == "integer" else low + share * (high - low)
    if kind == "boolean":
        return digits % 2 == 0
    return f"fake {digits % 65_536}"
