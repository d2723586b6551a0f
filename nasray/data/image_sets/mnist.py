"""MNIST, and the data sets that borrowed its idx format (Fashion-MNIST, KMNIST)."""

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError, require
from nasray.core.image_set import ImageSet
from nasray.data.image_sets.fingerprinted import digest
from nasray.data.image_sets.split import Labelled, check_labels, check_split, hold_out

_UINT8 = 0x08
_DEFLATE_RATIO = 1032  # the most that deflate can pack


def _find(folder: Path, name: str) -> Path:
    """``name`` in ``folder``, plain or packed."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataError(
        f"{folder / name} does not exist, nor does {name}.gz; dataset.folder must hold the four idx files of MNIST: "
        "put them there, or correct the folder"
    )


def _contents(file: BinaryIO, n_axes: int, most: int) -> NDArray[np.uint8]:
    """The array of an open idx file: magic number, one 32-bit big-endian size an axis, then the bytes, and no more."""
    head = file.read(4 * (1 + n_axes))
    if len(head) < 4 * (1 + n_axes):
        raise ValueError(f"its header has {len(head)} bytes")
    magic, *shape = struct.unpack(f">{1 + n_axes}I", head)
    if magic != _UINT8 << 8 | n_axes:
        raise ValueError(f"its magic number is {magic:#010x}")
    wanted = math.prod(shape)
    if not 0 < wanted <= most:
        raise ValueError(f"its header promises {wanted} bytes, and it has at most {most}")
    content = file.read(wanted + 1)
    if len(content) != wanted:
        raise ValueError(f"its header promises {wanted} bytes, and it has {'more' if content[wanted:] else 'fewer'}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """The array of one idx file, plain or ``.gz``.

    Raises:
        DataError: The file is cut short, has bytes left over, or is of another format.
    """
    rule = f"an idx file of unsigned bytes with {n_axes} axes and as many bytes as its header says"
    packed = path.suffix == ".gz"
    try:
        most = path.stat().st_size * (_DEFLATE_RATIO if packed else 1)
        with cast("BinaryIO", gzip.open(path) if packed else path.open("rb")) as file:
            return _contents(file, n_axes, most)
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}; it must be {rule}: copy it again") from error


@dataclass(frozen=True, kw_only=True)
class Mnist:
    """LeCun et al. 1998; VALID is held out of the training images.

    Attributes:
        folder: Holds ``{train,t10k}-{images-idx3,labels-idx1}-ubyte``, plain or ``.gz``.
        n_classes: Number of labels.
        n_train: Images to learn from; None for all that VALID leaves.
        n_valid: Images of VALID.
        seed: Chooses them, class by class.
    """

    folder: str | Path
    n_classes: int
    n_train: int | None
    n_valid: int
    seed: int

    def load(self) -> ImageSet:
        """The images, split and standardised.

        Raises:
            DataError: A file is missing, torn or foreign, or images and labels do not belong together.
            ConfigError: There are fewer images than asked for.
        """
        learn, test = self._read("train"), self._read("t10k")
        return hold_out("mnist", self.n_classes, learn, test, self.n_train, self.n_valid, self.seed)

    def fingerprint(self) -> str:
        """SHA-256 of all pixels and labels; refuses what ``load`` refuses.

        Raises:
            DataError: As ``load``.
            ConfigError: As ``load``.
        """
        learn, test = self._read("train"), self._read("t10k")
        check_split("mnist", len(learn[1]), self.n_train, self.n_valid, self.seed)
        return digest(*learn, *test)

    def _read(self, part: str) -> Labelled:
        """``(N, 1, H, W)`` pixels and ``(N,)`` labels of one part."""
        images = _find(Path(self.folder), f"{part}-images-idx3-ubyte")
        labels = _find(Path(self.folder), f"{part}-labels-idx1-ubyte")
        x, y = read_idx(images, 3), read_idx(labels, 1)
        require(
            len(x) == len(y),
            f"{images} has {len(x)} images and {labels} {len(y)} labels; they must be equal: are they of one set?",
            DataError,
        )
        return x[:, None], check_labels(str(labels), y, self.n_classes)
