"""Every generator of conf/generator keeps the contract; all of ours but one rebuild, cells and chains."""

import pytest

from nasray.app.parts import build, constructor_of
from nasray.core.space import Chained
from nasray.testing.copying_model import CopyingModel
from nasray.testing.generator_contract import GeneratorContract, RebuilderContract, context_of, dice

PROPOSES_ONLY = "language_model"


@pytest.fixture(scope="class")
def make_generator(composed, name, space):
    if name == PROPOSES_ONLY:
        pytest.skip(f"{name} rebuilds nothing; what it proposes is tested below")
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


class TestGeneratorThatOnlyProposes(GeneratorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def space(cls, small_space):
        return small_space

    @pytest.fixture(scope="class")
    @classmethod
    def make_generator(cls, composed, space):
        return constructor_of(composed("generator", PROPOSES_ONLY), {"space": space, "language_model": CopyingModel()})


class TestSpacesOfUnits:
    """Every space of units is served by the shipped GPT, so that gpt_evolution searches it."""

    group = "space"

    @pytest.fixture(scope="class")
    @classmethod
    def space(cls, composed, name):
        built = build(composed("space", name))
        if not isinstance(built, Chained):
            pytest.skip(f"{name} has no units that could be rebuilt")
        return built

    def test_the_gpt_rebuilds_its_members(self, composed, space):
        generator = build(composed("generator", "gpt"), space=space)
        members = context_of(space)
        masks = [[True] * len(space.unit_layers(one)) for one in members]
        rebuilt = generator.rebuild(members, masks, dice(len(members), 0))
        assert rebuilt != members
        assert [len(space.unit_layers(one)) for one in rebuilt] == [len(mask) for mask in masks]
        assert all(n >= 1 for one in members for n in space.unit_layers(one))
