"""NAS-Bench-201: published counts, hand-checked cells, the gene order of the benchmark's string."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.models.build import build, count_parameters
from nasray.spaces.nasbench201 import EDGES, OPERATORS, NasBench201, unique_string

SPACE = NasBench201(channels=16, cells_per_stage=5)
# The best cell on CIFAR-10 TEST (94.373): Dong and Yang 2020 and every export of the benchmark.
BEST_TEXT = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
BEST = Architecture((3, 3, 3, 1, 3, 3))


def has_dead_edge(genes):
    """Whether an operator other than ``none`` lies on no path from input to output."""
    live = [edge for edge, gene in zip(EDGES, genes, strict=True) if OPERATORS[gene] != "none"]
    reached, reaching = {0}, {3}
    for _ in range(3):
        reached |= {end for start, end in live if start in reached}
        reaching |= {start for start, end in live if end in reaching}
    return any(start not in reached or end not in reaching for start, end in live)


def test_there_are_15625_strings():
    every = list(SPACE.enumerate())
    assert len(every) == len({SPACE.to_text(cell) for cell in every}) == SPACE.size() == 15_625
    assert [cell.genes for cell in every] == list(product(range(5), repeat=6))


def test_9445_of_them_have_no_dead_edge():
    # As many as have published zero-cost proxies (Krishnakumar et al. 2022, NAS-Bench-Suite-Zero).
    assert sum(not has_dead_edge(cell.genes) for cell in SPACE.enumerate()) == 9_445


def test_6466_of_them_are_unique():
    # Dong and Yang 2020, section 2.1.
    forms = Counter(SPACE.canonical(cell) for cell in SPACE.enumerate())
    assert len(forms) == 6_466
    assert all(SPACE.canonical(form) == form for form in forms)


def test_the_unique_string_by_hand():
    # 0 -skip-> 1, 0 -1x1-> 2, 1 -3x3-> 2: node 1 is the input, node 2 sums two convolutions of it.
    assert unique_string((1, 2, 3, 0, 0, 1)) == "#+#+(0)@nor_conv_1x1+(0)@nor_conv_3x3"
    # Nothing reaches node 1 over a single edge, so that what reads it is nothing; node 2 sums two nothings.
    assert unique_string((0, 0, 3, 3, 2, 1)) == "#+#+#+(0)@nor_conv_3x3"
    assert SPACE.canonical(Architecture((1, 3, 2, 1, 0, 1))) == SPACE.canonical(Architecture((1, 2, 3, 0, 1, 1)))


def test_genes_stand_in_the_order_of_the_string():
    assert SPACE.from_text(BEST_TEXT) == BEST
    assert SPACE.to_text(BEST) == BEST_TEXT
    assert SPACE.to_text(Architecture((0, 1, 2, 3, 4, 0))) == (
        "|none~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|"
    )


@pytest.mark.parametrize(
    "text",
    ["", "|none~0|", BEST_TEXT.replace("nor_conv_3x3~2", "sep_conv~2"), BEST_TEXT.replace("~2", "~1"), BEST_TEXT[1:]],
)
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidArchitecture, match=r"is not a NAS-Bench-201 cell: expected \|op~0"):
        SPACE.from_text(text)


@pytest.mark.parametrize("genes", [(), (0,) * 5, (0,) * 7, (0, 0, 0, 0, 0, 5), (-1, 0, 0, 0, 0, 0)])
def test_other_genes_are_refused(genes):
    with pytest.raises(InvalidArchitecture, match=r"201 cell .*needs "):
        SPACE.validate(Architecture(genes))


def test_repair_keeps_valid_genes_where_they_stand():
    rng = np.random.default_rng(0)
    assert SPACE.repair(Architecture((4, 9, 3, -1)), rng).genes[::2][:2] == (4, 3)
    assert SPACE.repair(Architecture((4, 3, 2, 1, 0, 4, 4, 4)), rng).genes == (4, 3, 2, 1, 0, 4)


def test_samples_and_mutations_are_uniform():
    rng = np.random.default_rng(0)
    counts = np.zeros((6, 5))
    for _ in range(5_000):
        for edge, gene in enumerate(SPACE.sample(rng).genes):
            counts[edge, gene] += 1
    # Each is binomial(5,000, 1/5): 1,000 with a standard deviation of 28.3; five of them either way.
    assert np.abs(counts - 1_000).max() < 142
    reached = Counter(SPACE.mutate(BEST, rng) for _ in range(4_800))
    assert set(reached) == set(SPACE.neighbours(BEST))
    # 24 neighbours: 200 each, standard deviation 13.8.
    assert max(abs(n - 200) for n in reached.values()) < 70


def test_neighbours_by_hand():
    around = SPACE.neighbours(Architecture((0,) * 6))
    assert len(around) == 24
    assert [one.genes for one in around[:5]] == [
        (1, 0, 0, 0, 0, 0),
        (2, 0, 0, 0, 0, 0),
        (3, 0, 0, 0, 0, 0),
        (4, 0, 0, 0, 0, 0),
        (0, 1, 0, 0, 0, 0),
    ]


def test_crossover_takes_every_gene_from_a_parent():
    rng = np.random.default_rng(0)
    zeros, fours = Architecture((0,) * 6), Architecture((4,) * 6)
    children = {SPACE.crossover(zeros, fours, rng) for _ in range(1_000)}
    assert children == {Architecture(genes) for genes in product((0, 4), repeat=6)}


def test_the_graph_by_hand():
    graph = SPACE.graph(BEST)
    assert graph.operators == ("input", *["nor_conv_3x3"] * 3, "skip_connect", *["nor_conv_3x3"] * 2, "output")
    # Operator nodes 1..6 are the edges 0->1, 0->2, 1->2, 0->3, 1->3, 2->3: what ends in node 1 feeds 1->2 and 1->3.
    assert set(graph.edges) == {(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)}


@pytest.mark.parametrize(
    ("genes", "parameters"),
    # 0.073 M and 1.532 M: Dong and Yang 2020, table 1 of arXiv 2009.00437, 3x32x32 images and 10 classes.
    [((0,) * 6, 73_306), ((1, 4, 0, 1, 4, 0), 73_306), ((3,) * 6, 1_531_546)],
)
def test_the_published_parameter_counts(genes, parameters):
    module = build(SPACE.plan(Architecture(genes), (3, 32, 32), 10), torch.Generator().manual_seed(0))
    assert count_parameters(module) == parameters


def test_a_node_that_nothing_reaches_is_zero():
    plan = NasBench201(channels=4, cells_per_stage=1).plan(Architecture((0,) * 6), (3, 8, 8), 10)
    assert [layer.operator for layer in plan.layers[1:4]] == ["zero"] * 3
    logits = build(plan, torch.Generator().manual_seed(0))(torch.randn(2, 3, 8, 8, generator=torch.Generator()))
    assert logits.shape == (2, 10)


@pytest.mark.parametrize("setting", ["channels", "cells_per_stage"])
def test_a_network_without_width_or_depth(setting):
    settings = {"channels": 8, "cells_per_stage": 1, setting: 0}
    with pytest.raises(ConfigError, match=rf"NasBench201 {setting} \(0\) must be at least 1"):
        NasBench201(**settings)
