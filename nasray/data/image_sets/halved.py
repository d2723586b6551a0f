"""Images at half their height and width: a quarter of the computation."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError, require
from nasray.core.image_set import Images, ImageSet, ImageSource
from nasray.data.image_sets.fingerprinted import fingerprint_of


@dataclass(frozen=True, kw_only=True)
class Halved:
    """Another source's images, every 2x2 pixels averaged into one; standardised by the other's statistics.

    Attributes:
        inner: The other source; its images have even height and width.
    """

    inner: ImageSource

    def load(self) -> ImageSet:
        """The same parts and labels at half the size.

        Raises:
            DataError: Height or width is odd, or the inner source cannot be loaded.
        """
        whole = self.inner.load()
        parts = {name: _halved(whole.name, getattr(whole, name)) for name in ("train", "valid", "test")}
        return replace(whole, name=f"{whole.name} at half size", **parts)

    def fingerprint(self) -> str:
        """That of the inner source.

        Raises:
            DataError: The inner source cannot be read.
        """
        return fingerprint_of(self.inner)


def _halved(name: str, part: Images) -> Images:
    n, channels, height, width = part.x.shape
    require(
        height % 2 == width % 2 == 0,
        f"{name} has images of {height} x {width} pixels; halving needs even numbers: use them as they are",
        DataError,
    )
    cells: NDArray[np.float32] = part.x.reshape(n, channels, height // 2, 2, width // 2, 2)
    return Images(cells.mean((3, 5), dtype=np.float32), part.y)
