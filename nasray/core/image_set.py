"""Images to train candidates on, as arrays."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError, require


@dataclass(frozen=True, slots=True)
class Images:
    """Some images and their labels.

    Attributes:
        x: ``(B, C, H, W)`` float32, standardised by the training images' statistics.
        y: ``(B,)`` int64 labels, 0 … n_classes-1.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        require(
            self.x.ndim == 4 and len(self.x) == len(self.y) > 0,
            f"images need (B, C, H, W) pixels and B > 0 labels, got {self.x.shape} and {self.y.shape}",
            DataError,
        )


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Three disjoint parts: candidates learn from ``train``, searches see ``valid``, ``test`` is for the end.

    Attributes:
        name: Where the images come from.
        n_classes: Number of labels.
    """

    name: str
    n_classes: int
    train: Images
    valid: Images
    test: Images

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(C, H, W)`` of one image."""
        _, channels, height, width = self.train.x.shape
        return channels, height, width


class ImageSource(Protocol):
    """Loads an ImageSet in the process that trains on it; cheap to pickle."""

    def load(self) -> ImageSet:
        """The images, split and standardised; equal on every call."""
        ...
