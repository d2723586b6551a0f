"""Spaces narrowed by principles, counted by hand."""

import pickle

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.core.principles import Principles
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench201 import NasBench201

CELLS = NasBench201(channels=4, cells_per_stage=1)
GENOTYPES = Darts(channels=4, cells=3, allow_none=False)
KEPT = ((3,), (2, 3), (0, 3), (1,), (3, 4), (3,))


def of_darts(operators, sources):
    """The same candidates for both inputs of every node of both cells, but sources of later nodes are all nodes."""
    free = (0, 0, 3, 3, 4, 4, 5, 5) * 2
    per_layer = [sources if not n else tuple(range(n)) for n in free]
    return Principles("", (operators,) * 16, tuple(per_layer))


def test_a_restricted_space_is_the_product_of_what_remains():
    space = CELLS.restrict(Principles("", KEPT))
    assert space.size() == len(list(space.enumerate())) == 8
    assert isinstance(space, NasBench201)
    assert type(space).__name__ == "RestrictedNasBench201"
    space.validate(Architecture((3, 2, 0, 1, 4, 3)))
    with pytest.raises(InvalidArchitecture, match=r"breaks the principles in its groups \[0, 3\]"):
        space.validate(Architecture((2, 2, 0, 2, 4, 3)))
    with pytest.raises(InvalidArchitecture, match="out of range"):
        space.validate(Architecture((3, 2, 0, 1, 9, 3)))


def test_repair_keeps_what_remains():
    space = CELLS.restrict(Principles("", KEPT))
    mended = space.repair(Architecture((0, 2, 0, 4, 4, 3)), np.random.default_rng(0))
    assert mended.genes == (3, 2, 0, 1, 4, 3)
    assert space.repair(mended, np.random.default_rng(0)) is mended


def test_offspring_of_a_parent_from_outside_is_inside():
    space, rng = CELLS.restrict(Principles("", KEPT)), np.random.default_rng(0)
    for _ in range(50):
        space.validate(space.mutate(CELLS.sample(rng), rng))


def test_a_second_restriction_is_the_intersection():
    once = CELLS.restrict(Principles("", KEPT))
    twice = once.restrict(Principles("", ((3, 4), (3,), (0, 3), (1,), (3,), (3,))))
    assert [one.genes for one in twice.enumerate()] == [(3, 3, 0, 1, 3, 3), (3, 3, 3, 1, 3, 3)]
    with pytest.raises(ConfigError, match=r"leave 0 of the members of NasBench201.*contradict each other"):
        once.restrict(Principles("", ((4,), (3,), (0, 3), (1,), (3,), (3,))))


def test_a_canonical_form_outside_is_not_taken():
    """Dead edges are none in the canonical form, which is not among what remains here."""
    dead = Architecture((3, 2, 0, 1, 0, 0))
    space = CELLS.restrict(Principles("", ((3,), (2,), (0,), (1, 2), (0,), (0,))))
    assert CELLS.canonical(dead) != dead
    assert space.canonical(dead) == dead


def test_sources_of_darts_are_restricted_too():
    """First nodes: sources (0, 1) or (1, 0); others free: 6, 12, 20 ordered pairs; one operator. Both cells squared."""
    space = GENOTYPES.restrict(of_darts((3,), (0, 1)))
    assert space.size() == (2 * 6 * 12 * 20) ** 2
    rng = np.random.default_rng(0)
    member = space.sample(rng)
    swapped = [one for one in space.neighbours(member) if one.genes[:4] != member.genes[:4]]
    assert [one.genes[:4:2] for one in swapped] == [member.genes[:4:2][::-1]], "tied sources change together"


def test_darts_without_sources_keeps_all_of_them():
    space = GENOTYPES.restrict(Principles("", ((0, 3),) * 16))
    assert space.size() == (2 * 6 * 12 * 20 * 4**4) ** 2


def test_contradicting_sources_are_refused():
    with pytest.raises(ConfigError, match=r"leave 0 of the members of Darts.*they contradict each other"):
        GENOTYPES.restrict(of_darts((3,), (1,)))


@pytest.mark.parametrize(
    ("operators", "sources", "message"),
    [
        (KEPT[:5], (), "operators for 5 layers, but NasBench201 has 6"),
        ((*KEPT[:5], ()), (), r"leave edge 2 -> 3 of NasBench201 without operators: keep at least one"),
        ((*KEPT[:5], (5, 7)), (), r"operators \[5, 7\] for edge 2 -> 3 of NasBench201, which are unknown: use 0 to 4"),
        (((3,),) * 6, (), "leave 1 of the members of NasBench201, and a search needs two"),
        (KEPT, ((0,),) * 6, "its wiring is fixed, so leave sources out"),
    ],
)
def test_impossible_principles_are_refused(operators, sources, message):
    with pytest.raises(ConfigError, match=message):
        CELLS.restrict(Principles("", operators, sources))


def test_it_pickles_as_what_it_is_made_of():
    space = GENOTYPES.restrict(of_darts((2, 3), (0, 1)))
    again = pickle.loads(pickle.dumps(space))
    assert again.size() == space.size()
    assert again.sample(np.random.default_rng(1)) == space.sample(np.random.default_rng(1))


def test_a_family_as_code():
    code = CELLS.family_code(["A", "B", "C", "D", "E"])
    assert code.startswith("operators = {\n    0: A,\n")
    assert "def __init__(self, layer_list):" in code
    assert "self.layer5 = operators[layer_list[5]]()" in code
    assert "x3 = self.layer3(x0) + self.layer4(x1) + self.layer5(x2)" in code
    compile(code, "family", "exec")


def test_the_darts_family_reads_pairs():
    code = GENOTYPES.family_code(GENOTYPES.operators)
    assert "self.source8 = layer_list[8][0]" in code
    assert "x.append(self.layer14(x[self.source14]) + self.layer15(x[self.source15]))" in code
    compile(code, "family", "exec")
    member = GENOTYPES.sample(np.random.default_rng(0))
    assert len(GENOTYPES.layer_choices()) == len(GENOTYPES.operators_of(member)) == len(GENOTYPES.sources_of(member))
