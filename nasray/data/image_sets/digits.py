"""The 8x8 digits that come with scikit-learn: real images, no download."""

import gzip
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nasray.core.errors import DataError, require
from nasray.core.image_set import Images, ImageSet
from nasray.data.image_sets.fingerprinted import digest
from nasray.data.image_sets.split import Labelled, check_seed, standardised, stratified_order

_FILE = Path("datasets") / "data" / "digits.csv.gz"


def read_digits() -> Labelled:
    """All 1,797 images and labels, in the file's order.

    NOTE: not by ``sklearn.datasets.load_digits``, whose import costs two seconds in the driver and in every worker.

    Raises:
        DataError: scikit-learn, or its file, is not there or is torn.
    """
    found = find_spec("sklearn")
    path = Path(found.origin).parent / _FILE if found and found.origin else _FILE
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            rows = np.loadtxt(file, delimiter=",", ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(
            f"the digits of scikit-learn ({path}) cannot be read: {error}; install scikit-learn again"
        ) from error
    return rows[:, :-1].reshape(-1, 1, 8, 8).astype(np.uint8), rows[:, -1].astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Digits:
    """1,797 handwritten digits of 8x8 pixels (Alpaydin and Kaynak 1998, the test part of UCI "optdigits").

    Few training images and few epochs make cells differ: with 1,078 images every cell scores 98 %.

    Attributes:
        n_train: Images to learn from.
        n_valid: Images of VALID; the rest is TEST.
        seed: Chooses them, class by class.
    """

    n_train: int
    n_valid: int
    seed: int

    def load(self) -> ImageSet:
        """The images, split and standardised.

        Raises:
            DataError: They cannot be read.
            ConfigError: The parts do not fit into 1,797 images.
        """
        x, y = self._checked()
        order = stratified_order(y, np.random.default_rng(self.seed))
        first, second, third = np.split(order, [self.n_train, self.n_train + self.n_valid])
        train_x, valid_x, test_x = standardised((x[first], x[second], x[third]))
        return ImageSet("digits", 10, Images(train_x, y[first]), Images(valid_x, y[second]), Images(test_x, y[third]))

    def fingerprint(self) -> str:
        """SHA-256 of all pixels and labels; refuses what ``load`` refuses.

        Raises:
            DataError: They cannot be read.
            ConfigError: The parts do not fit into 1,797 images.
        """
        return digest(*self._checked())

    def _checked(self) -> Labelled:
        check_seed("digits", self.seed)
        x, y = read_digits()
        require(
            self.n_train >= 1 and self.n_valid >= 1 and self.n_train + self.n_valid < len(y),
            f"digits got n_train={self.n_train} and n_valid={self.n_valid}; both must be at least 1 and leave some of "
            f"{len(y)} images for TEST: lower them",
        )
        return x, y
