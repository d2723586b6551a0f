"""A JSON file that says what it held when it was written, so that an edit is seen."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from nasray.core.errors import RecordError

KEY = "sha256"
SIGNED_SINCE = 2
"""The first schema whose results are signed."""


def signed(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content`` with the SHA-256 of it as JSON with sorted keys."""
    return {**content, KEY: _digest(content)}


def check_signature(content: Mapping[str, Any], path: Path) -> None:
    """Refuse what is not as it was written; files of older schemas have no signature.

    Args:
        content: What was read.
        path: Where it was read.

    Raises:
        RecordError: The signature is another one, or was taken away.
    """
    written = content.get(KEY)
    if written is None and content.get("schema", 0) < SIGNED_SINCE:
        return
    found = _digest({key: value for key, value in content.items() if key != KEY})
    if written != found:
        raise RecordError(
            f"{path} was edited after it was written: its content has SHA-256 {found}, but it says {written}; restore "
            "it from a copy"
        )


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
