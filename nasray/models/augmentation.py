"""Random changes to training images, a batch at a time.

``x_BCHW``: B images, C channels, H rows, W columns. Every draw comes from the numpy generator passed in, on the CPU,
so that a GPU trains on the same images.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Augmentation = Callable[[Tensor, np.random.Generator], Tensor]


def _reach(x_BCHW: Tensor) -> int:  # noqa: N803
    """Pixels an image may move: 4 of 32, as He et al. 2015 pad CIFAR, and 1 of 8."""
    return max(1, x_BCHW.shape[-1] // 8)


def shift(x_BCHW: Tensor, rng: np.random.Generator) -> Tensor:  # noqa: N803
    """Move each image by up to an eighth of its width; what moves in is 0, the mean of standardised images."""
    batch, channels, height, width = x_BCHW.shape
    reach = _reach(x_BCHW)
    moves = torch.from_numpy(rng.integers(0, 2 * reach + 1, size=(2, batch, 1))).to(x_BCHW.device)
    rows_BH = moves[0] + torch.arange(height, device=x_BCHW.device)  # noqa: N806
    columns_BW = moves[1] + torch.arange(width, device=x_BCHW.device)  # noqa: N806
    images = torch.arange(batch, device=x_BCHW.device).view(-1, 1, 1, 1)
    planes = torch.arange(channels, device=x_BCHW.device).view(1, -1, 1, 1)
    padded = F.pad(x_BCHW, (reach, reach, reach, reach))
    return padded[images, planes, rows_BH[:, None, :, None], columns_BW[:, None, None, :]]


def flip_crop(x_BCHW: Tensor, rng: np.random.Generator) -> Tensor:  # noqa: N803
    """Mirror every other image left to right, then shift."""
    mirrored = torch.from_numpy(rng.random(len(x_BCHW)) < 0.5).to(x_BCHW.device)
    return shift(torch.where(mirrored.view(-1, 1, 1, 1), x_BCHW.flip(-1), x_BCHW), rng)


def cutout(x_BCHW: Tensor, rng: np.random.Generator) -> Tensor:  # noqa: N803
    """DeVries and Taylor 2017 (arXiv 1708.04552): blank a square of half the width, its centre anywhere."""
    batch, _, height, width = x_BCHW.shape
    side = width // 2

    def covered(size: int) -> Tensor:
        start = torch.from_numpy(rng.integers(0, size, size=(batch, 1))).to(x_BCHW.device) - side // 2
        place = torch.arange(size, device=x_BCHW.device)
        return (place >= start) & (place < start + side)

    rows_BH, columns_BW = covered(height), covered(width)  # noqa: N806
    return x_BCHW.masked_fill((rows_BH[:, :, None] & columns_BW[:, None, :])[:, None], 0.0)


AUGMENTATIONS: dict[str, Augmentation] = {"shift": shift, "flip_crop": flip_crop, "cutout": cutout}


def augment(x_BCHW: Tensor, names: Sequence[str], rng: np.random.Generator) -> Tensor:  # noqa: N803
    """The named augmentations, one after the other."""
    for name in names:
        x_BCHW = AUGMENTATIONS[name](x_BCHW, rng)  # noqa: N806
    return x_BCHW
