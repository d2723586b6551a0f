"""CIFAR-10 and CIFAR-100 from their official binary batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from nasray.core.errors import DataError, require
from nasray.core.image_set import ImageSet
from nasray.data.image_sets.fingerprinted import digest
from nasray.data.image_sets.split import Labelled, check_labels, check_split, hold_out

_PIXELS = 3 * 32 * 32
_TRAIN_FILES = {10: tuple(f"data_batch_{n}.bin" for n in range(1, 6)), 100: ("train.bin",)}
_TEST_FILES = {10: ("test_batch.bin",), 100: ("test.bin",)}
_LABELS = {10: 1, 100: 2}  # CIFAR-100 has the coarse label before the fine one


def _read(paths: Sequence[Path], n_images: int, n_classes: int) -> Labelled:
    """``(N, 3, 32, 32)`` pixels and ``(N,)`` labels of ``n_images`` images spread over ``paths``."""
    record = _LABELS[n_classes] + _PIXELS
    wanted = n_images // len(paths) * record
    for path in paths:
        require(
            path.is_file(),
            f"{path} does not exist; dataset.folder must hold the binary version of CIFAR-{n_classes} "
            f"({', '.join(p.name for p in paths)}): unpack it there, or correct the folder",
            DataError,
        )
        size = path.stat().st_size
        require(
            size == wanted,
            f"{path} has {size} bytes; {n_images // len(paths)} records of {record} bytes are {wanted}: it is cut "
            "short or another file, unpack it again",
            DataError,
        )
    rows = np.concatenate([np.fromfile(path, dtype=np.uint8).reshape(-1, record) for path in paths])
    labels = check_labels(str(paths[0]), rows[:, _LABELS[n_classes] - 1], n_classes)
    return rows[:, _LABELS[n_classes] :].reshape(-1, 3, 32, 32), labels


@dataclass(frozen=True, kw_only=True)
class Cifar:
    """Krizhevsky 2009; VALID is held out of the training images.

    Attributes:
        n_classes: 10 or 100 (the fine labels).
        folder: Holds the unpacked ``*.bin`` files.
        images_in_train: Images the training files must hold together; 50,000 officially.
        images_in_test: Images the test file must hold; 10,000 officially.
        n_train: Images to learn from; None for all that VALID leaves.
        n_valid: Images of VALID.
        seed: Chooses them, class by class.
    """

    n_classes: Literal[10, 100]
    folder: str | Path
    images_in_train: int
    images_in_test: int
    n_train: int | None
    n_valid: int
    seed: int

    def __post_init__(self) -> None:
        """Refuse a third CIFAR."""
        require(self.n_classes in _LABELS, f"cifar.n_classes ({self.n_classes}) must be 10 or 100")
        for name, least in (("images_in_train", len(_TRAIN_FILES[self.n_classes])), ("images_in_test", 1)):
            require(getattr(self, name) >= least, f"cifar.{name} ({getattr(self, name)}) must be at least {least}")

    def load(self) -> ImageSet:
        """The images, split and standardised.

        Raises:
            DataError: A file is missing, of the wrong size, or has impossible labels.
            ConfigError: There are fewer images than asked for.
        """
        learn, test = self._parts()
        return hold_out(f"cifar{self.n_classes}", self.n_classes, learn, test, self.n_train, self.n_valid, self.seed)

    def fingerprint(self) -> str:
        """SHA-256 of all pixels and labels; refuses what ``load`` refuses.

        Raises:
            DataError: As ``load``.
            ConfigError: As ``load``.
        """
        learn, test = self._parts()
        check_split(f"cifar{self.n_classes}", len(learn[1]), self.n_train, self.n_valid, self.seed)
        return digest(*learn, *test)

    def _parts(self) -> tuple[Labelled, Labelled]:
        """The official training part and the official test part."""
        folder = Path(self.folder)
        learn = _read([folder / file for file in _TRAIN_FILES[self.n_classes]], self.images_in_train, self.n_classes)
        test = _read([folder / file for file in _TEST_FILES[self.n_classes]], self.images_in_test, self.n_classes)
        return learn, test
