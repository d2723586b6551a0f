"""What a table needs of a space whose distinct cells it lists."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class ListedSpace(Protocol):
    """The distinct members can be listed, one for all that compute the same function."""

    def distinct_cells(self) -> NDArray[np.int8]:
        """``(M, G)`` canonical genes, none twice."""
        ...
