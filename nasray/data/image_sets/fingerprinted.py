"""Which images these are, wherever they lie and however they are packed."""

import hashlib
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.image_set import ImageSource


@runtime_checkable
class Fingerprinted(Protocol):
    """An image source that can tell its content without splitting and standardising it first."""

    def fingerprint(self) -> str:
        """``digest`` of all its pixels and labels, before they are split; refuses what ``load`` would refuse.

        Raises:
            DataError: They are not there, or are not what they should be.
            ConfigError: They cannot be split as wished.
        """
        ...


def fingerprint_of(source: ImageSource) -> str:
    """The content of an image source; of one that is not ``Fingerprinted``, the content of what it loads.

    Raises:
        DataError: As ``Fingerprinted.fingerprint``.
        ConfigError: Likewise.
    """
    if isinstance(source, Fingerprinted):
        return source.fingerprint()
    found = source.load()
    return digest(*(array for part in (found.train, found.valid, found.test) for array in (part.x, part.y)))


def digest(*arrays: NDArray[Any]) -> str:
    """SHA-256 over type, shape and content of some arrays, in hex."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.dtype.str} {array.shape}\n".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
