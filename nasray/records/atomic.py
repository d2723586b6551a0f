"""Files that are either the old or the new one, never half of each."""

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a temporary neighbour, force it to disk, rename it over ``path``, force the folder to disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
