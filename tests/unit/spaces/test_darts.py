import ast

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.spaces.darts import OPERATORS, Darts

SPACE = Darts(channels=2, cells=3, allow_none=False)
# The genotype published as DARTS_V2 (github.com/quark0/darts).
NORMAL = [(0, 3), (1, 3), (0, 3), (1, 3), (1, 3), (0, 2), (0, 2), (2, 5)]
REDUCTION = [(0, 0), (1, 0), (2, 2), (1, 0), (0, 0), (2, 2), (2, 2), (1, 0)]
V2 = Architecture(tuple(gene for pair in NORMAL + REDUCTION for gene in pair))
TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 6))"
)


def test_the_published_genotype_both_ways():
    assert SPACE.to_text(V2) == TEXT
    assert SPACE.from_text(TEXT) == V2
    assert SPACE.from_text(TEXT.replace("range(2, 6)", "[2, 3, 4, 5]")) == V2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Genotype", "genotype", "is not of that form; expected Genotype"),
        ("('dil_conv_3x3', 2)", "", "is not of that form"),
        ("dil_conv_3x3", "dil_conv_9x9", r"unknown operators \['dil_conv_9x9'\]; expected"),
        ("dil_conv_3x3", "none", r"unknown operators \['none'\]"),
        ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 0)", "reads source 0 twice in node 5 of its normal cell"),
        ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)", r"genes at \[14\] are out of range: needs 0 to \[4\]"),
    ],
)
def test_texts_that_are_no_genotype(old, new, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.from_text(TEXT.replace(old, new))


def test_none_where_it_is_allowed():
    genes = (0, OPERATORS.index("none"), *V2.genes[2:])
    wide = Darts(channels=2, cells=3, allow_none=True)
    wide.validate(Architecture(genes))
    assert wide.from_text(wide.to_text(Architecture(genes))).genes == genes
    assert "none" in wide.vocabulary()
    with pytest.raises(InvalidArchitecture, match=r"genes at \[1\] are out of range: needs 0 to \[6\]"):
        SPACE.validate(Architecture(genes))


@pytest.mark.parametrize(
    ("genes", "message"),
    [
        (V2.genes[:-1], "has 31 genes: needs 32"),
        ((2, *V2.genes[1:]), r"genes at \[0\] are out of range"),
        ((1, *V2.genes[1:]), "reads source 1 twice in node 2 of its normal cell"),
        (
            (*V2.genes[:30], 2, 0),
            "reads source 2 twice in node 5 of its reduction cell: the two",
        ),
    ],
)
def test_what_is_no_member(genes, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.validate(Architecture(genes))


def test_repair_keeps_what_is_right(draws):
    broken = Architecture((1, 9, *V2.genes[2:]))
    # 32 draws for the genes that are missing, then one for node 2's second source.
    mended = SPACE.repair(broken, draws(*[0.5] * 33))
    # Operator: 0.5 * 7 -> 3. Sources 1 and 1: the second becomes 0.
    assert mended.genes == (1, 3, 0, 3, *V2.genes[4:])
    SPACE.validate(SPACE.repair(Architecture(()), draws(*[0.3] * 40)))


def test_sources_are_uniform_and_differ(draws):
    first = SPACE.sample(draws(*[0.99] * 32))
    assert first.genes[:16:2] == (1, 0, 2, 1, 3, 2, 4, 3)
    second = SPACE.sample(draws(*[0.0] * 32))
    assert second.genes[:16:2] == (0, 1, 0, 1, 0, 1, 0, 1)


def test_crossover_keeps_nodes_whole(draws):
    other = SPACE.sample(draws(*[0.99] * 32))
    child = SPACE.crossover(V2, other, draws(0.1, 0.9, *[0.1] * 6))
    assert child.genes == (*V2.genes[:4], *other.genes[4:8], *V2.genes[8:])


def test_canonical_sorts_the_inputs_of_a_node():
    swapped = Architecture((1, 3, 0, 3, *V2.genes[4:]))
    assert SPACE.canonical(swapped) == SPACE.canonical(V2)
    assert SPACE.canonical(V2).genes[8:12] == (0, 2, 1, 3)


def test_the_graph_of_a_cell():
    graph = SPACE.cell_graph(V2, "normal")
    assert graph.operators == ("input", "cell_input", *(OPERATORS[operator] for _, operator in NORMAL), "output")
    # The last operator, node 9, reads node 2 of the cell, which adds operators 2 and 3.
    assert [edge for edge in graph.edges if edge[1] == 9] == [(2, 9), (3, 9)]
    assert [edge for edge in graph.edges if edge[1] == 10] == [(operator, 10) for operator in range(2, 10)]
    assert [edge for edge in graph.edges if edge[1] in (2, 3)] == [(0, 2), (1, 3)]


def test_the_graph_of_both_cells():
    graph = SPACE.graph(V2)
    assert len(graph.operators) == 22
    assert graph.operators[12:] == SPACE.cell_graph(V2, "reduction").operators[1:]
    assert graph.operators[10:12] == ("cell_output", "cell_input")
    assert {(10, 11), (10, 12)} <= set(graph.edges)
    assert all(source < target for source, target in graph.edges)


def test_the_network():
    plan = SPACE.plan(V2, (3, 16, 16), 10)
    # Three cells: normal, reduction, reduction; widths 4C with C = 2, 4, 8.
    concats = [layer for layer in plan.layers if layer.merge == "concat"]
    assert [(layer.stage, layer.out_channels) for layer in concats] == [
        ("cell0.normal", 8),
        ("cell1.reduction", 16),
        ("cell2.reduction", 32),
    ]
    assert plan.layers[0].out_channels == 6
    second = [layer.operator for layer in plan.layers if layer.stage == "cell2.reduction"][:2]
    assert second == ["factorized_reduce", "relu_conv_bn"]  # the cell before the last is twice as large


def test_views():
    code = SPACE.to_code(V2)
    ast.parse(code)
    assert "class ReductionCell(nn.Module)" in code
    assert "self.node2_a = max_pool_3x3(stride=2)" in code
    assert "x5 = self.node5_a(x0) + self.node5_b(x2)" in code
    prompt = SPACE.to_prompt(V2)
    assert len(prompt) == 8
    assert prompt["normal cell, node 5"] == "skip_connect(node 0) + dil_conv_3x3(node 2)"
    tokens = SPACE.to_tokens(V2)
    assert [SPACE.vocabulary()[token] for token in tokens[:2]] == ["source 0", "sep_conv_3x3"]
    assert SPACE.from_tokens(tokens) == V2
    assert set(SPACE.graph(V2).operators) <= set(SPACE.operator_descriptions())


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"channels": 1}, r"channels \(1\) must be at least 2"), ({"cells": 2}, r"cells \(2\) must be at least 3")],
)
def test_impossible_networks(setting, message):
    with pytest.raises(ConfigError, match=message):
        Darts(**{"channels": 2, "cells": 3, "allow_none": False, **setting})
