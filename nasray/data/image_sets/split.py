"""Cutting labelled pixels into TRAIN, VALID and TEST, and standardising them."""

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import ConfigError, DataError, require
from nasray.core.image_set import Images, ImageSet

Labelled = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""``(B, C, H, W)`` pixels and ``(B,)`` labels."""


def stratified_order(y: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A random order of which every prefix has the classes in nearly the proportions of the whole.

    Args:
        y: ``(B,)`` labels.
        rng: Shuffles the images of a class, and the classes among each other.

    Returns:
        ``(B,)`` indices. The i-th of the n images of a class stands at the place (i + u) / n, u random per class.
    """
    place = np.empty(len(y))
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        place[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return np.argsort(place, kind="stable")


def standardised(
    parts: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """TRAIN, VALID and TEST pixels, each channel shifted and scaled by its mean and deviation in TRAIN.

    Args:
        parts: Three arrays ``(B, C, H, W)``, TRAIN first.
    """
    axes = (0, 2, 3)
    mean = parts[0].mean(axis=axes, dtype=np.float64, keepdims=True)
    spread = parts[0].std(axis=axes, dtype=np.float64, keepdims=True)
    spread[spread == 0] = 1.0  # a channel that never changes tells nothing, and must not divide by 0

    def scaled(x: NDArray[np.uint8]) -> NDArray[np.float32]:
        result = x.astype(np.float32, order="C")
        result -= mean.astype(np.float32)
        result /= spread.astype(np.float32)
        return result

    return scaled(parts[0]), scaled(parts[1]), scaled(parts[2])


def check_labels(who: str, y: NDArray[np.integer], n_classes: int) -> NDArray[np.int64]:
    """The labels as int64.

    Raises:
        DataError: One is not in 0 … n_classes-1.
    """
    low, high = int(y.min()), int(y.max())
    require(
        low >= 0 and high < n_classes,
        f"{who} has labels {low} to {high}; they must lie in 0 to {n_classes - 1}: is it a file of another data set?",
        DataError,
    )
    return y.astype(np.int64)


def check_seed(name: str, seed: int) -> None:
    """Refuse a seed that nothing can be drawn from.

    Raises:
        ConfigError: It is negative.
    """
    require(seed >= 0, f"{name}: dataset.seed ({seed}) must not be negative", ConfigError)


def check_split(name: str, n_images: int, n_train: int | None, n_valid: int, seed: int) -> None:
    """Refuse a split of ``n_images`` official training images that leaves a part empty or takes images twice.

    Raises:
        ConfigError: It does, or the seed is negative.
    """
    n_learnt = n_images - n_valid if n_train is None else n_train
    require(
        n_learnt >= 1 and n_valid >= 1 and n_learnt + n_valid <= n_images,
        f"{name} has {n_images} training images, asked are n_train={n_train} and n_valid={n_valid}; both must be at "
        "least 1 and fit together: lower them",
        ConfigError,
    )
    check_seed(name, seed)


def hold_out(
    name: str,
    n_classes: int,
    learn: Labelled,
    test: Labelled,
    n_train: int | None,
    n_valid: int,
    seed: int,
) -> ImageSet:
    """An ImageSet whose VALID is held out of the official training images.

    Args:
        name: Where the images come from.
        n_classes: Number of labels.
        learn: ``(B, C, H, W)`` pixels and ``(B,)`` labels of the official training part.
        test: The same of the official test part, kept whole.
        n_train: Images to learn from; None for all that VALID leaves.
        n_valid: Images of VALID.
        seed: Chooses them, class by class.

    Raises:
        ConfigError: There are fewer images than asked for.
    """
    x, y = learn
    check_split(name, len(y), n_train, n_valid, seed)
    n_learnt = len(y) - n_valid if n_train is None else n_train
    order = stratified_order(y, np.random.default_rng(seed))
    # VALID first: it stays the same when n_train changes, so that runs with more training images are comparable.
    seen, learnt = order[:n_valid], order[n_valid : n_valid + n_learnt]
    train_x, valid_x, test_x = standardised((x[learnt], x[seen], test[0]))
    return ImageSet(name, n_classes, Images(train_x, y[learnt]), Images(valid_x, y[seen]), Images(test_x, test[1]))
