"""The version of what nasray writes, and how a version is checked. Older folders stay readable."""

from pathlib import Path
from typing import Any, cast

import orjson

from nasray.core.errors import RecordError

SCHEMA = 2
"""2: events that were written in one go share a line of the journal; 1 had a line an event."""


def check_schema(found: object, path: Path) -> None:
    """Accept what this nasray can read.

    Raises:
        RecordError: The file has no schema number, or a newer one.
    """
    if not isinstance(found, int):
        raise RecordError(f"{path} has no schema number: it is not a file that nasray wrote; name a run folder")
    if found > SCHEMA:
        raise RecordError(
            f"{path} has schema {found}, this nasray reads up to {SCHEMA}: a newer nasray wrote it; upgrade to read it"
        )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of nasray's, schema checked.

    Raises:
        RecordError: It is missing, unreadable, torn, or newer than this nasray.
    """
    try:
        data: object = orjson.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RecordError(f"{path} is missing: {path.parent} is not a run folder; name one") from error
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}); make it readable, or name another run") from error
    except orjson.JSONDecodeError as error:
        raise RecordError(f"{path} is not valid JSON ({error}); restore it from a copy") from error
    if not isinstance(data, dict):
        raise RecordError(f"{path} does not hold a JSON object: it is not a file that nasray wrote; restore it")
    fields = cast(dict[str, Any], data)
    check_schema(fields.get("schema"), path)
    return fields
