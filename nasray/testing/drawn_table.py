"""A table in memory: some members of a space, with scores that nobody measured."""

import hashlib
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, require
from nasray.core.measurement import Split
from nasray.core.space import SearchSpace
from nasray.data.column import Column


class DrawnTable:
    """Distinct members, drawn with a fixed seed; each score is a hash of the member and of the column's name.

    Args:
        space: Whose members.
        names: Of the columns, ``DATASET_SPLIT_EPOCHS``.
        n: How many members, at most.
    """

    def __init__(self, space: SearchSpace, names: Sequence[str], n: int = 200) -> None:
        """Draw."""
        rng = np.random.default_rng(0)
        members = list(dict.fromkeys(space.sample(rng).genes for _ in range(n)))
        self.genes = np.array(members, np.int8)
        self.index: Mapping[tuple[int, ...], int] = {genes: at for at, genes in enumerate(members)}
        self.names = tuple(names)
        self.canonical = self.complete = False
        self.header = SimpleNamespace(name="drawn")

    def meaning(self, name: str) -> Column:
        """What the name says; higher is better."""
        require(name in self.names, f"table drawn has no column {name!r}; it has {', '.join(self.names)}", DataError)
        dataset, split, epochs = name.rsplit("_", 2)
        return Column(
            dataset=dataset,
            split=Split(split),
            epochs=int(epochs),
            quantity="accuracy",
            unit="%",
            direction="higher",
            seeds="0",
        )

    def objective(self, name: str) -> str:
        """The column's label."""
        return self.meaning(name).label

    def column(self, name: str) -> NDArray[np.float64]:
        """``(N,)`` hashes between 0 and 100."""
        keys = [f"{self.meaning(name).name}/{Architecture(genes).key}" for genes in self.index]
        digests = [hashlib.blake2b(key.encode(), digest_size=4).digest() for key in keys]
        return np.array([int.from_bytes(digest, "little") * 100 / 2**32 for digest in digests])

    def rows(self, architectures: Sequence[Architecture]) -> NDArray[np.int64]:
        """``(A,)`` rows."""
        unknown = [one.key for one in architectures if one.genes not in self.index]
        require(not unknown, f"table drawn has no row for {unknown}; propose from its rows", DataError)
        return np.array([self.index[one.genes] for one in architectures], np.int64)
