"""Images from numpy archives."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nasray.core.errors import DataError, require
from nasray.core.image_set import ImageSet
from nasray.data.image_sets.fingerprinted import digest
from nasray.data.image_sets.split import Labelled, check_labels, check_split, hold_out

_LARGEST_CLASS_COUNT = 100_000
_RULE = "an npz archive with x, uint8 (N, H, W, C), and y, (N,) labels"


def _described(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type that an array's header promises, if the member is long enough to keep the promise."""
    member = archive.getinfo(f"{name}.npy")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        promised = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize + file.tell()
    if promised != member.file_size:
        raise ValueError(f"{name} promises {promised} bytes and has {member.file_size}")
    return shape, dtype


def read_npz(path: Path) -> Labelled:
    """``(N, C, H, W)`` pixels and ``(N,)`` labels of one archive; the headers are checked before the pixels are read.

    Raises:
        DataError: The file is missing, torn, or not of the form.
    """
    require(
        path.is_file(), f"{path} does not exist; it must be {_RULE}: correct the path, or put the file there", DataError
    )
    try:
        with zipfile.ZipFile(path) as archive:
            (x_shape, x_type), (y_shape, y_type) = _described(archive, "x"), _described(archive, "y")
        fits = len(x_shape) == 4 and x_type == np.uint8 and y_type.kind in "iu" and y_shape == x_shape[:1]
        require(
            fits and min(x_shape) > 0,
            f"{path} holds x {x_type} {x_shape} and y {y_type} {y_shape}; it must be {_RULE}: convert it",
            DataError,
        )
        with np.load(path, allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}); it must be {_RULE}: copy or make it again") from error
    return x.transpose(0, 3, 1, 2), check_labels(str(path), y, _LARGEST_CLASS_COUNT)


@dataclass(frozen=True, kw_only=True)
class Npz:
    """Two archives with ``x`` uint8 (N, H, W, C) and ``y`` (N,); VALID is held out of the first.

    Attributes:
        train: Path of the images to learn from and to search on.
        test: Path of the images of TEST.
        n_train: Images to learn from; None for all that VALID leaves.
        n_valid: Images of VALID.
        seed: Chooses them, class by class.
    """

    train: str | Path
    test: str | Path
    n_train: int | None
    n_valid: int
    seed: int

    def load(self) -> ImageSet:
        """The images, split and standardised.

        Raises:
            DataError: A file is missing, torn, not of the form, or the two do not belong together.
            ConfigError: There are fewer images than asked for.
        """
        learn, test = self._parts()
        n_classes = int(max(learn[1].max(), test[1].max())) + 1
        return hold_out(Path(self.train).stem, n_classes, learn, test, self.n_train, self.n_valid, self.seed)

    def fingerprint(self) -> str:
        """SHA-256 of all pixels and labels; refuses what ``load`` refuses.

        Raises:
            DataError: As ``load``.
            ConfigError: As ``load``.
        """
        learn, test = self._parts()
        check_split(Path(self.train).stem, len(learn[1]), self.n_train, self.n_valid, self.seed)
        return digest(*learn, *test)

    def _parts(self) -> tuple[Labelled, Labelled]:
        """The content of both archives."""
        learn, test = read_npz(Path(self.train)), read_npz(Path(self.test))
        require(
            learn[0].shape[1:] == test[0].shape[1:],
            f"{self.train} has images of shape {learn[0].shape[1:]} and {self.test} of {test[0].shape[1:]}; "
            "they must be equal: are they parts of one data set?",
            DataError,
        )
        return learn, test
