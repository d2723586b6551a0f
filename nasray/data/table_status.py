"""What the catalog says about one of its tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class TableStatus:
    """What ``nasray data list`` says about it.

    Attributes:
        name: Name in the catalog.
        rows: Architectures measured.
        state: ``ready`` is imported and whole, ``unverified`` is large and was not read since it was written,
            ``in mirror`` is imported and ``on demand`` is made when first used, ``missing`` must be fetched,
            ``damaged`` must be imported or fetched again.
        path: Where the table is, or will be.
        contents: Its columns in words: splits, epochs and seeds of its scores, and what else there is.
        provenance: Upstream repository, commit and path.
        licence: Of the upstream.
        problem: Why it is damaged, or not verified.
    """

    name: str
    rows: int
    state: Literal["ready", "unverified", "in mirror", "on demand", "missing", "damaged"]
    path: Path
    contents: tuple[str, ...]
    provenance: str
    licence: str
    problem: str = ""
