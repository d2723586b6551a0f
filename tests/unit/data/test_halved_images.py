"""Images at half size, by hand."""

import numpy as np
import pytest

from nasray.core.errors import DataError
from nasray.core.image_set import Images, ImageSet
from nasray.data.image_sets.digits import Digits
from nasray.data.image_sets.fingerprinted import fingerprint_of
from nasray.data.image_sets.halved import Halved


class Fixed:
    def __init__(self, x):
        images = Images(np.array(x, np.float32), np.zeros(len(x), np.int64))
        self.images = ImageSet("fixed", 1, images, images, images)

    def load(self):
        return self.images


def test_four_pixels_become_their_mean():
    rows = [[1, 3, 0, 4], [5, 7, 0, 0], [9, 9, 1, 2], [9, 9, 3, 4]]
    half = Halved(inner=Fixed([[rows]])).load()
    # (1 + 3 + 5 + 7) / 4 = 4, (0 + 4 + 0 + 0) / 4 = 1, 9, (1 + 2 + 3 + 4) / 4 = 2.5
    assert half.train.x.tolist() == [[[[4.0, 1.0], [9.0, 2.5]]]]
    assert half.test.x.dtype == np.float32
    assert (half.name, half.n_classes, half.input_shape) == ("fixed at half size", 1, (1, 2, 2))


def test_parts_and_labels_stay():
    whole = Digits(n_train=40, n_valid=20, seed=0)
    half, before = Halved(inner=whole).load(), whole.load()
    assert half.input_shape == (1, 4, 4)
    for name in ("train", "valid", "test"):
        assert np.array_equal(getattr(half, name).y, getattr(before, name).y)
    assert fingerprint_of(Halved(inner=whole)) == fingerprint_of(whole)


def test_odd_sizes_are_refused():
    with pytest.raises(DataError, match="fixed has images of 3 x 4 pixels; halving needs even numbers"):
        Halved(inner=Fixed(np.zeros((1, 1, 3, 4)))).load()
