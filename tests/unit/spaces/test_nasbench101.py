import ast

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench101_genes import canonical_genes, codes, decode
from nasray.spaces.nasbench101_network import vertex_channels

CONV3, CONV1, POOL = "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"
SPACE = NasBench101(channels=8, stacks=2, cells_per_stack=1, max_vertices=7)
# input -> a -> b -> output, input -> b, input -> output
MATRIX = [[0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
NAMES = ["input", CONV3, POOL, "output"]


@pytest.fixture
def small():
    return SPACE.from_matrix(MATRIX, NAMES)


def test_the_genes_of_a_small_cell(small):
    # Edges 0->1, 0->2, 0->6; 1->2; 2->6. Operators conv3x3, maxpool, then three absent vertices.
    edges = "110001" + "10000" + "0001" + "000" + "00" + "0"
    assert small.genes == tuple(map(int, edges + "13000"))
    assert SPACE.to_text(small) == f"110001.10000.0001.000.00.0|{CONV3}|{POOL}|absent|absent|absent"


def test_dangling_and_absent_vertices_go(cell):
    # 0->1->6 lives. 0->2 leads nowhere; 3->6 comes from nowhere; 0->4->6 runs through an absent vertex.
    genes = cell("110100" + "00001" + "0000" + "001" + "01" + "0" + "12301")
    graph = SPACE.graph(genes)
    assert graph.operators == ("input", CONV3, "output")
    assert graph.edges == ((0, 1), (1, 2))
    SPACE.validate(genes)


def test_isomorphic_cells_have_one_form():
    one = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    first = SPACE.from_matrix(one, ["input", CONV3, POOL, "output"])
    second = SPACE.from_matrix(one, ["input", POOL, CONV3, "output"])
    other = SPACE.from_matrix(one, ["input", POOL, CONV1, "output"])
    assert first != second
    assert SPACE.canonical(first) == SPACE.canonical(second) != SPACE.canonical(other)


def test_canonical_ignores_order_and_dangling_parts():
    rng = np.random.default_rng(0)
    for _ in range(50):
        genes = SPACE.sample(rng)
        form = SPACE.canonical(genes)
        SPACE.validate(form)
        assert SPACE.canonical(form) == form
        graph = SPACE.graph(genes)
        order = [0, *(1 + rng.permutation(len(graph.operators) - 2)).tolist(), len(graph.operators) - 1]
        edges = {(order[source], order[target]) for source, target in graph.edges}
        if all(source < target for source, target in edges):
            n = len(order)
            names = [graph.operators[order.index(vertex)] for vertex in range(n)]
            matrix = [[int((i, j) in edges) for j in range(n)] for i in range(n)]
            assert SPACE.canonical(SPACE.from_matrix(matrix, names)) == form


def test_codes_and_decode_are_inverse():
    cells = np.array([canonical_genes(SPACE.sample(np.random.default_rng(seed)).genes) for seed in range(20)], np.int8)
    assert (decode(codes(cells)[:, 0]) == cells).all()


def test_a_mutation_draws_until_valid(draws, small):
    # 3.5/26 -> gene 3 (0->4), a dangling edge: valid. Before it, gene 5 (0->6) kept: not drawn.
    assert SPACE.mutate(small, draws(3.5 / 26)).genes[3] == 1
    only = SPACE.from_matrix([[0, 1], [0, 0]], ["input", "output"])
    # Gene 5 is the only path: taking it away is refused and the next draw is used.
    changed = SPACE.mutate(only, draws(5.5 / 26, 25.9 / 26))
    assert changed.genes[5] == 1
    assert changed.genes[25] == 3


def test_neighbours_differ_in_one_gene_and_are_valid(small):
    found = SPACE.neighbours(small)
    assert len(found) == len(set(found)) <= 36
    for one in found:
        SPACE.validate(one)
        assert sum(a != b for a, b in zip(one.genes, small.genes, strict=True)) == 1


def test_crossover_takes_every_gene_from_a_parent(draws, small):
    other = SPACE.from_matrix([[0, 1], [0, 0]], ["input", "output"])
    assert SPACE.crossover(small, other, draws(*[0.1] * 26)) == small
    assert SPACE.crossover(small, other, draws(*[0.9] * 26)) == other


def test_crossover_gives_the_first_parent_when_nothing_valid_is_drawn(draws):
    through_1 = SPACE.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", CONV3, "output"])
    direct = SPACE.from_matrix([[0, 1], [0, 0]], ["input", "output"])
    # Without 0->1 from the first and without 0->6 from the second parent no path is left.
    broken = [0.9, 0.9, 0.9, 0.9, 0.9, 0.1, *[0.9] * 20]
    assert SPACE.crossover(through_1, direct, draws(*broken * 100)) == through_1


def test_repair_connects_and_thins(cell):
    rng = np.random.default_rng(3)
    unconnected = SPACE.repair(cell("0" * 21 + "11111"), rng)
    assert SPACE.graph(unconnected).operators == ("input", "output")
    full = SPACE.repair(cell("1" * 21 + "11111"), rng)
    SPACE.validate(full)
    assert len(SPACE.graph(full).edges) == 9
    SPACE.validate(SPACE.repair(Architecture((7, -1)), rng))


@pytest.mark.parametrize(
    ("genes", "message"),
    [
        ("1" * 25, "has 25 genes: needs 26"),
        ("2" + "0" * 25, r"genes at \[0\] are out of range"),
        ("0" * 21 + "4" * 5, r"genes at \[21, 22, 23, 24, 25\] are out of range"),
        ("0" * 21 + "11111", "is disconnected.*add edges"),
        ("100000 00001" + "0" * 10 + "02222", "is disconnected"),  # the only way runs through an absent vertex
        ("1" * 21 + "11111", "has 21 edges after pruning: at most 9 are allowed; remove some"),
    ],
)
def test_what_is_no_member(cell, genes, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.validate(cell(genes))


@pytest.mark.parametrize(
    ("matrix", "names", "message"),
    [
        ([[0]], ["input"], "1 vertices: needs 2 to 7"),
        ([[0] * 8] * 8, ["input", *[POOL] * 6, "output"], "8 vertices: needs 2 to 7"),
        ([[0, 1]], ["input", "output"], "1 rows for 2 operators: needs a square matrix"),
        ([[0, 2], [0, 0]], ["input", "output"], "square matrix of 0 and 1"),
        ([[0, 1], [0, 0]], ["output", "input"], "first operator must be 'input'"),
        (MATRIX, ["input", "conv5x5", POOL, "output"], r"operators \['conv5x5'\] are unknown: use conv3x3-bn-relu"),
        ([[0, 1], [1, 0]], ["input", "output"], r"edges \[\(1, 0\)\] are cyclic"),
        ([[0, 0], [0, 0]], ["input", "output"], "is disconnected"),
    ],
)
def test_matrices_that_are_no_cell(matrix, names, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.from_matrix(matrix, names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected rows of 6, 5, 4, 3, 2 and 1 bits"),
        (f"11000.10000.0001.000.00.0|{CONV3}|{POOL}|absent|absent|absent", "is not a NAS-Bench-101 cell"),
        (f"110001.10000.0001.000.00.0|{CONV3}|conv7x7|absent|absent|absent", r"\['conv7x7'\] unknown"),
        ("000000.00000.0000.000.00.0|absent|absent|absent|absent|absent", "is disconnected"),
    ],
)
def test_texts_that_are_no_cell(text, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.from_text(text)


@pytest.mark.parametrize("setting", [{"channels": 4}, {"stacks": 0}, {"cells_per_stack": 0}])
def test_impossible_networks(setting):
    with pytest.raises(ConfigError, match=r"NasBench101 \w+ \(\d\) must be at least \d: raise it"):
        NasBench101(**{"channels": 8, "stacks": 1, "cells_per_stack": 1, "max_vertices": 7, **setting})


def test_a_token_says_what_a_vertex_is_and_what_it_reads(small):
    tokens = SPACE.to_tokens(small)
    absent = ["absent()"] * 3
    assert [SPACE.vocabulary()[t] for t in tokens] == [f"{CONV3}(0)", f"{POOL}(0,1)", *absent, "output(0,2)"]
    assert SPACE.from_tokens(tokens) == small
    assert len(SPACE.vocabulary()) == 192
    assert SPACE.unit_layers(small) == [3, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("place", [0, 5])
def test_misplaced_tokens_are_invalid(small, place):
    tokens = SPACE.to_tokens(small)
    tokens[place] = tokens[5 - place]  # an output in the place of a vertex, and a vertex in the place of the output
    with pytest.raises(InvalidArchitecture, match="out of range"):
        SPACE.validate(SPACE.from_tokens(tokens))


def test_a_vertex_cannot_read_a_later_one(small):
    tokens = SPACE.to_tokens(small)
    tokens[0] = SPACE.vocabulary().index(f"{CONV3}(0,2)")
    with pytest.raises(InvalidArchitecture, match="out of range"):
        SPACE.validate(SPACE.from_tokens(tokens))


@pytest.mark.parametrize(("tokens", "match"), [([], "out of range"), ([0] * 7, "has 27 genes: needs 26")])
def test_too_few_or_too_many_tokens_are_invalid(tokens, match):
    with pytest.raises(InvalidArchitecture, match=match):
        SPACE.validate(SPACE.from_tokens(tokens))


def test_a_smaller_space_has_fewer_tokens_of_the_same_names():
    few = NasBench101(channels=8, stacks=2, cells_per_stack=1, max_vertices=5)
    cell = few.from_matrix(MATRIX, NAMES)
    names = [few.vocabulary()[token] for token in few.to_tokens(cell)]
    assert names == [f"{CONV3}(0)", f"{POOL}(0,1)", "absent()", "output(0,2)"]
    assert few.from_tokens(few.to_tokens(cell)) == cell
    assert set(few.vocabulary()) < set(SPACE.vocabulary())
    assert few.unit_layers(cell) == [3, 1, 1, 1]


def test_channels_are_shared_and_the_remainder_goes_to_the_first():
    # Three vertices feed the output: 128 = 43 + 43 + 42; vertex 1 feeds only vertex 3 and takes its width.
    matrix = [[0, 1, 1, 1, 1, 0], [0, 0, 0, 1, 0, 0], *[[0, 0, 0, 0, 0, 1]] * 3, [0] * 6]
    cell = SPACE.graph(SPACE.from_matrix(matrix, ["input", *[CONV3] * 4, "output"]))
    assert vertex_channels(cell, 64, 128) == [64, 43, 43, 43, 42, 128]
    assert vertex_channels(SPACE.graph(SPACE.from_matrix([[0, 1], [0, 0]], ["input", "output"])), 64, 128) == [64, 128]


def test_the_layers_of_one_cell(small):
    plan = SPACE.plan(small, (3, 8, 8), 10)
    first = [
        (layer.operator, layer.inputs, layer.out_channels) for layer in plan.layers if layer.stage == "stack0.cell0"
    ]
    assert first == [
        ("conv_bn_relu", (0,), 8),  # projection of the input for vertex 1
        ("conv_bn_relu", (1,), 8),  # vertex 1
        ("conv_bn_relu", (0,), 8),  # projection of the input for vertex 2
        ("max_pool", (3, 2), 8),  # vertex 2 adds it and vertex 1
        ("conv_bn_relu", (0,), 8),  # projection of the input for the output
        ("identity", (4, 5), 8),
    ]
    assert [layer.out_channels for layer in plan.layers if layer.stage in ("stem", "pool1", "head")] == [8, 8, 16, 10]


def test_the_code_and_the_prompt(small):
    code = SPACE.to_code(small)
    ast.parse(code)
    assert "self.vertex1 = conv3x3_bn_relu()" in code
    assert "x2 = self.vertex2(project(x0) + x1)" in code
    assert "return concatenate([x2]) + project(x0)" in code
    prompt = SPACE.to_prompt(small)
    assert list(prompt) == [
        "vertices",
        "edges",
        *(f"vertex {vertex} {what}" for vertex in (1, 2, 3) for what in ("operator", "reads")),
    ]
    assert (prompt["vertices"], prompt["edges"], prompt["vertex 2 operator"], prompt["vertex 3 reads"]) == (
        4,
        5,
        POOL,
        [0, 2],
    )


def test_every_operator_of_a_graph_is_described(small):
    assert set(SPACE.graph(small).operators) <= set(SPACE.operator_descriptions())


@pytest.mark.parametrize("n", [3, 5])
def test_fewer_vertices(n):
    space, rng = NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=n), np.random.default_rng(0)
    listed = {tuple(genes) for genes in space.distinct_cells().tolist()}
    cell = space.sample(rng)
    for _ in range(300):
        cell = space.mutate(cell, rng)
        assert space.canonical(cell).genes in listed
        assert space.repair(SPACE.sample(rng), rng).genes[26 - 7 + n :] == (0,) * (7 - n)
    # genes that can change: n (n - 1) / 2 edges and n - 2 operators
    assert sum(size > 1 for size in space.sizes) == n * (n - 1) // 2 + n - 2


def test_more_vertices_than_the_space_has():
    space = NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=3)
    matrix = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0] * 4]
    operators = ["input", CONV3, POOL, "output"]
    with pytest.raises(InvalidArchitecture, match="4 vertices: needs 2 to 3"):
        space.from_matrix(matrix, operators)
    with pytest.raises(InvalidArchitecture, match=r"genes at \[.*\] are out of range"):
        space.from_text(SPACE.to_text(SPACE.from_matrix(matrix, operators)))


@pytest.mark.parametrize("n", [2, 8])
def test_impossible_numbers_of_vertices(n):
    with pytest.raises(ConfigError, match=rf"NasBench101 max_vertices \({n}\) must be between 3 and 7"):
        NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=n)
