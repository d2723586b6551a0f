"""Entropy and distinct share, by hand."""

import pytest

from nasray.core.architecture import Architecture
from nasray.strategies.diversity import Diversity


def population(*genes):
    return [Architecture(one) for one in genes]


def test_entropy_is_a_mean_over_positions():
    # Position 0: halves, 1 bit; position 1: all alike, 0 bits.
    found = Diversity.of(population((0, 7), (1, 7), (0, 7), (1, 7)))
    assert found.entropy_bits == pytest.approx(0.5)
    assert found.distinct_share == 0.5


def test_the_end_of_a_shorter_member_is_a_gene_of_its_own():
    # Position 0: alike; position 1: gene 3, or the end: 1 bit.
    assert Diversity.of(population((2, 3), (2,))).entropy_bits == pytest.approx(0.5)


def test_a_population_of_one_kind_has_no_entropy():
    found = Diversity.of(population((1, 2, 3), (1, 2, 3)))
    assert (found.entropy_bits, found.distinct_share) == (0.0, 0.5)
    assert Diversity.of([Architecture(())]).entropy_bits == 0.0


def test_alarms():
    first = Diversity(2.0, 1.0)
    assert Diversity(0.5, 0.5).alarm(first) is None
    assert Diversity(2.0, 0.49).alarm(first) == "only 49% of the population are distinct (alarm below 50%)"
    assert Diversity(0.49, 1.0).alarm(first) == "0.49 bits a position are left of 2.00 (alarm below 25%)"
