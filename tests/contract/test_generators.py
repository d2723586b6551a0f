"""Every generator of conf/generator keeps the contract; all of ours rebuild, cells and chains."""

import pytest

from nasray.app.parts import build, constructor_of
from nasray.testing.generator_contract import RebuilderContract


@pytest.fixture(scope="class")
def make_generator(composed, name, space):
    return constructor_of(composed("generator", name), {"space": space})


class TestGeneratorsOfCells(RebuilderContract):
    group = "generator"

    @pytest.fixture(scope="class")
    @classmethod
    def space(cls, small_space):
        return small_space


class TestGeneratorsOfChains(RebuilderContract):
    group = "generator"

    @pytest.fixture(scope="class")
    @classmethod
    def space(cls, composed):
        return build(composed("space", "block_chain"))
