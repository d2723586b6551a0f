"""The log of a long measurement: one line a training, each with its own checksum; a torn last line is cut off."""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nasray.core.errors import RecordError


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Every line of the log.

    Raises:
        RecordError: A line before the last one is damaged.
    """
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    for at, line in enumerate(lines, 1):
        crc, _, body = line.partition(b" ")
        if crc != b"%08x" % zlib.crc32(body):
            raise RecordError(f"{path}, line {at}: the checksum does not match; cut the line out, it is measured again")
        yield json.loads(body)


class Log:
    """Appends to a log; what a killed process left of a line goes first."""

    def __init__(self, path: Path) -> None:
        """Open for appending."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        with path.open("rb") as file:
            os.ftruncate(self._file.fileno(), file.read().rfind(b"\n") + 1)

    def append(self, line: dict[str, Any]) -> None:
        """One line, handed to the operating system before this returns."""
        body = json.dumps(line, separators=(",", ":")).encode()
        self._file.write(b"%08x %b\n" % (zlib.crc32(body), body))
        self._file.flush()
