"""Keys and passwords stay in the environment: nothing that leaves for a tracking service may hold one."""

import re
from collections.abc import Mapping
from typing import Any

REMOVED = "<removed>"
MIN_SECRET_LENGTH = 8  # shorter values of such variables ("1", "true") are switches, and would censor half a config
_SECRET_NAME = re.compile(r"(^|[_.-])(api_?key|access_?key|secret(_?key)?|token|passwd|password|credentials?)$", re.I)


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The values of variables whose name says that they are secret, longest first."""
    values = {value for name, value in environment.items() if _SECRET_NAME.search(name)}
    return sorted((value for value in values if len(value) >= MIN_SECRET_LENGTH), key=len, reverse=True)


def without_secrets(value: Any, secrets: list[str]) -> Any:
    """``value`` as plain JSON, with secret-looking entries and every occurrence of ``secrets`` replaced."""
    if isinstance(value, Mapping):
        return {str(name): _entry(str(name), item, secrets) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(item, secrets) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    for secret in secrets:
        text = text.replace(secret, REMOVED)
    return text


def _entry(name: str, item: Any, secrets: list[str]) -> Any:
    return REMOVED if item is not None and _SECRET_NAME.search(name) else without_secrets(item, secrets)
