"""Files that are either the old or the new one, never half of each."""

import os
import uuid
from pathlib import Path


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write a neighbour, force it to disk, rename it over ``path``, force the folder to disk.

    Any number of threads and processes may write the same path; the last rename wins, whole.

    Raises:
        OSError: The disk is full or refuses; ``path`` is as it was.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
