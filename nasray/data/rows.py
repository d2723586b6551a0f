"""What an importer reads out of a published file."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError, require


@dataclass(frozen=True, slots=True)
class Rows:
    """Architectures and their measurements, before they are written as a table.

    Attributes:
        genes: ``(N, G)`` int8, one architecture a row, no two alike.
        columns: Column name -> ``(N,)`` float64.
    """

    genes: NDArray[np.int8]
    columns: Mapping[str, NDArray[np.float64]]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        require(
            self.genes.ndim == 2 and self.genes.dtype == np.int8 and len(self.genes) > 0,
            f"genes must be (N, G) int8 with N > 0, got {self.genes.shape} {self.genes.dtype}",
            DataError,
        )
        for name, values in self.columns.items():
            require(
                values.shape == (len(self.genes),) and values.dtype == np.float64,
                f"column {name} must be ({len(self.genes)},) float64, got {values.shape} {values.dtype}",
                DataError,
            )

    def in_order(self) -> "Rows":
        """The same rows sorted by genes, so that a table does not depend on the order of its source."""
        order = np.lexsort(self.genes.T[::-1])
        return Rows(self.genes[order], {name: values[order] for name, values in self.columns.items()})
