"""What the tests of spaces share."""

import pytest

from nasray.core.architecture import Architecture


class _Draws:
    """A stand-in for numpy's Generator that gives the numbers it was given, in order."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def random(self, size=None):
        if size is None:
            return self.numbers.pop(0)
        drawn, self.numbers = self.numbers[:size], self.numbers[size:]
        return _Listed(drawn)


class _Listed(list):
    def tolist(self):
        return list(self)


@pytest.fixture
def draws():
    return _Draws


@pytest.fixture
def cell():
    """Genes from a string of digits."""
    return lambda digits: Architecture(tuple(map(int, digits.replace(" ", ""))))
