"""Principles by counting, checked by hand."""

from dataclasses import replace

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.principles import Principles
from nasray.refiners.frequency import Frequency
from nasray.refiners.oracle import Oracle
from nasray.refiners.random_candidates import RandomCandidates
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
SOURCES = [Architecture(genes) for genes in ((3, 3, 0, 1, 2, 4), (3, 2, 0, 1, 1, 4), (3, 2, 1, 0, 0, 4))]


def frequency(most=2, space=SPACE):
    return Frequency(space=space, most_operators=most, most_sources=1)


def test_the_most_frequent_remain_and_equals_by_id():
    learnt = frequency().learn(SOURCES)
    assert learnt.operators == ((3,), (2, 3), (0, 1), (1, 0), (0, 1), (4,))
    assert learnt.sources == ()
    assert learnt.text.splitlines()[:3] == [
        "Of 3 good architectures:",
        "edge 0 -> 1: nor_conv_3x3 in 3",
        "edge 0 -> 2: nor_conv_1x1 in 2, nor_conv_3x3 in 1",
    ]


def test_after_an_improvement_the_found_are_counted():
    before = frequency().learn(SOURCES)
    assert frequency().adapt(before, SOURCES[:1], improved=True) == frequency().learn(SOURCES[:1])


def test_without_one_everything_returns():
    before = frequency().learn(SOURCES)
    after = frequency().adapt(before, SOURCES[:1], improved=False)
    assert after.operators == ((0, 1, 2, 3, 4),) * 6
    assert "every operator" in after.text


def test_sources_are_counted_where_wiring_is_free():
    space = Darts(channels=4, cells=3, allow_none=False)
    genes = (0, 3, 1, 2, 0, 3, 2, 2, 1, 3, 3, 2, 0, 3, 4, 2) * 2
    learnt = frequency(space=space).learn([Architecture(genes)] * 2)
    assert learnt.sources[:4] == ((0,), (1,), (0,), (2,))
    assert "normal cell, node 2, first input: sep_conv_3x3 in 2, node 0 in 2" in learnt.text
    assert frequency(space=space).adapt(learnt, [], improved=True).sources[2] == (0, 1, 2)


def test_random_candidates_are_as_many():
    def drawn(seed):
        return RandomCandidates(space=SPACE, most_operators=2, most_sources=1, seed=seed).learn(SOURCES)

    sizes = [len(ids) for ids in frequency().learn(SOURCES).operators]
    assert [len(ids) for ids in drawn(0).operators] == sizes
    assert drawn(0) == drawn(0)
    assert len({drawn(seed).operators for seed in range(20)}) > 10


def test_the_oracle_counts_the_target():
    class Target:
        def best(self):
            return SOURCES

    oracle = Oracle(space=SPACE, target=Target(), most_operators=2, most_sources=1)
    learnt = oracle.learn([Architecture((0,) * 6)])
    assert learnt == frequency().learn(SOURCES)
    assert oracle.adapt(learnt, [], improved=True) is learnt


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ConfigError, match="Frequency got no architectures to learn from"):
        frequency().learn([])


@pytest.mark.parametrize("name", ["most_operators", "most_sources"])
def test_nothing_to_keep_is_refused(name):
    with pytest.raises(ConfigError, match=rf"Frequency {name} \(0\) must be at least 1"):
        replace(frequency(), **{name: 0})


def test_a_space_without_layers_is_refused():
    with pytest.raises(CapabilityError, match="refiner frequency needs a space with Restrictable"):
        frequency(space=object())


def test_principles_without_dialogue_are_short():
    assert set(Principles("a", ((1,),)).to_json()) == {"text", "operators"}
