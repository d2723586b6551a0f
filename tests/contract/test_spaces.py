"""Every space of conf/space keeps the contract."""

import pytest

from nasray.app.parts import build
from nasray.testing.space_contract import SpaceContract


@pytest.fixture(scope="module")
def space(composed, name):
    return build(composed("space", name))


class TestSpaces(SpaceContract):
    group = "space"
