"""Augmentations move, mirror and blank, and draw from the generator they are given."""

import numpy as np
import pytest
import torch

from nasray.models.augmentation import AUGMENTATIONS, augment, cutout, flip_crop, shift


def rng(seed=0):
    return np.random.default_rng(seed)


def batch(n=64, size=8, channels=2):
    return torch.arange(1.0, n * channels * size * size + 1).view(n, channels, size, size)


def moved(image, down, right):
    """``image`` with its content moved, zeros moving in."""
    result = torch.zeros_like(image)
    height, width = image.shape[-2:]
    result[..., max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = image[
        ..., max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)
    ]
    return result


def test_shift_moves_each_image_by_up_to_an_eighth_and_reaches_every_place():
    x = batch()
    places = [moved(x, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    found = [
        next(p for p, place in enumerate(places) if torch.equal(y, place[i])) for i, y in enumerate(shift(x, rng()))
    ]
    assert set(found) == set(range(9))


def test_flip_crop_mirrors_half_of_the_images():
    x = batch(400, 8, 1)
    straight = [moved(x, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    y = flip_crop(x, rng())
    mirrored = sum(not any(torch.equal(image, place[i]) for place in straight) for i, image in enumerate(y))
    assert 160 <= mirrored <= 240  # 400 fair coins: 200 +- 4 x 10


def test_cutout_blanks_a_square_of_half_the_width_or_what_of_it_lies_inside():
    y = cutout(batch(), rng())
    blank = y == 0
    assert torch.equal(blank[:, 0], blank[:, 1])
    rows, columns = blank[:, 0].any(2).sum(1), blank[:, 0].any(1).sum(1)
    assert int(rows.max()) == int(columns.max()) == 4
    assert int(rows.min()) >= 1
    assert torch.equal(blank[:, 0].sum((1, 2)), rows * columns)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_generator_decides_and_the_input_is_kept(name):
    x = batch()
    before = x.clone()
    first = augment(x, [name], rng(1))
    assert torch.equal(first, augment(x, [name], rng(1)))
    assert not torch.equal(first, augment(x, [name], rng(2)))
    assert torch.equal(x, before)
    assert first.shape == x.shape


def test_no_names_change_nothing():
    x = batch()
    assert augment(x, [], rng()) is x
