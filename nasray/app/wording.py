"""Phrases that several messages share."""

from collections.abc import Sequence
from difflib import get_close_matches


def nearest(got: str, known: Sequence[str]) -> str:
    """`` (did you mean …?)`` where something known is close to ``got``, else nothing."""
    close = get_close_matches(got, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def unresolved(key: str, reason: str) -> str:
    """A value that must be set, or that refers to another one which is not there."""
    if reason.startswith("Missing mandatory value"):
        reason = "it has no value"
    return f"{key}: {reason}; give it one on the command line: {key}=VALUE"


def rule(message: str) -> str:
    """Pydantic's message as a rule: ``must be a valid integer``."""
    return message.replace("Input should be", "must be", 1)
