import numpy as np
import pytest

from nasray.core.errors import CapabilityError, ConfigError
from nasray.generators.uniform import Uniform
from nasray.spaces.darts import Darts

SHORT = 1
"""A seed whose first chain has 4 blocks."""


def test_a_rebuilt_unit_is_that_of_a_random_member(cells):
    one = cells.sample(np.random.default_rng(0))
    random = cells.sample(np.random.default_rng(5))
    mask = [True, False, False, True, False, True]
    [rebuilt] = Uniform(space=cells, share=0.5).rebuild([one], [mask], [np.random.default_rng(5)])
    assert rebuilt.genes == tuple(r if gone else g for g, r, gone in zip(one.genes, random.genes, mask, strict=True))


def test_a_chain_keeps_its_length_whatever_the_random_one_has(chains):
    long, short = chains.from_text("-".join(["relu"] * 5)), chains.sample(np.random.default_rng(SHORT))
    assert len(short.genes) == 4
    [rebuilt] = Uniform(space=chains, share=1.0).rebuild([long], [[True] * 5], [np.random.default_rng(SHORT)])
    assert rebuilt.genes == (*short.genes, short.genes[0])


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_an_impossible_share(cells, share):
    with pytest.raises(ConfigError, match=r"generator uniform share \(-?[01].1\) must be between 0 .* and 1"):
        Uniform(space=cells, share=share)


def test_a_space_without_units():
    with pytest.raises(CapabilityError, match="generator uniform needs a space with Chained"):
        Uniform(space=Darts(channels=4, cells=3, allow_none=False), share=0.5)


def test_tokens_that_are_no_units(cells, monkeypatch):
    monkeypatch.setattr(type(cells), "unit_layers", lambda self, architecture: [1, 1])
    with pytest.raises(CapabilityError, match="one token a unit; NasBench201 has 6 tokens and 2 units"):
        Uniform(space=cells, share=0.5).propose([cells.sample(np.random.default_rng(0))], 1, np.random.default_rng(0))
