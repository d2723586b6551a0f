"""The 8x8 digits that come with scikit-learn: real images, no download."""

from dataclasses import dataclass

import numpy as np

from nasray.core.errors import require
from nasray.core.image_set import Images, ImageSet
from nasray.data.image_sets.split import standardised, stratified_order


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
            ConfigError: The parts do not fit into 1,797 images.
        """
        from sklearn.datasets import load_digits  # here, because it takes a second that a config check need not wait

        data, labels = (np.asarray(part) for part in load_digits(return_X_y=True))
        x, y = data.reshape(-1, 1, 8, 8).astype(np.uint8), labels.astype(np.int64)
        require(
            self.n_train >= 1 and self.n_valid >= 1 and self.n_train + self.n_valid < len(y),
            f"digits got n_train={self.n_train} and n_valid={self.n_valid}; both must be at least 1 and leave some of "
            f"{len(y)} images for TEST: lower them",
        )
        order = stratified_order(y, np.random.default_rng(self.seed))
        first, second, third = np.split(order, [self.n_train, self.n_train + self.n_valid])
        train_x, valid_x, test_x = standardised((x[first], x[second], x[third]))
        return ImageSet("digits", 10, Images(train_x, y[first]), Images(valid_x, y[second]), Images(test_x, y[third]))
