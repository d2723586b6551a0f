import pytest

from nasray.core.space import Graph
from nasray.reports.cell_drawing import draw_cell, live_nodes, operator_label, operator_style, operators_of
from nasray.reports.graph_layout import lay_out, layers_of

EDGES = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7))


def cell(*operators: str) -> Graph:
    """A NAS-Bench-201 cell: its six edges as nodes."""
    return Graph(("input", *operators, "output"), EDGES)


CONVS = cell(*["nor_conv_3x3"] * 6)


def test_layers_are_longest_ways():
    assert layers_of(CONVS) == [0, 1, 1, 2, 1, 2, 3, 4]


def test_the_output_is_last_and_a_loose_node_is_not_first():
    assert layers_of(Graph(("input", "a", "b", "output"), ((0, 2), (2, 3)))) == [0, 1, 1, 2]
    assert layers_of(Graph(("input", "a", "output"), ((0, 2),))) == [0, 1, 2]
    assert layers_of(Graph(("input",), ())) == [0]


def test_nodes_do_not_overlap_and_data_flows_downwards():
    layout = lay_out(CONVS, 80, 24)
    for first, (x0, y0) in enumerate(layout.nodes):
        assert 40 <= x0 <= layout.width - 40
        assert 12 <= y0 <= layout.height - 12
        for x1, y1 in layout.nodes[first + 1 :]:
            assert abs(y0 - y1) >= 24 or abs(x0 - x1) >= 80
    for (start, end), route in zip(CONVS.edges, layout.routes, strict=True):
        heights = [y for _, y in route]
        assert (route[0], route[-1]) == (layout.nodes[start], layout.nodes[end])
        assert heights == sorted(set(heights))


def test_edges_go_around_nodes():
    layout = lay_out(CONVS, 80, 24)
    for route in layout.routes:
        for x, y in route[1:-1]:
            assert all(y != node_y or abs(x - node_x) > 40 for node_x, node_y in layout.nodes)


def test_a_cell_without_crossings_is_drawn_without_crossings():
    # Two chains that start crossed: 1 -> 4 and 2 -> 3.
    graph = Graph(("input", "a", "b", "c", "d", "output"), ((0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)))
    nodes = lay_out(graph, 50, 24).nodes
    assert (nodes[1][0] - nodes[2][0]) * (nodes[4][0] - nodes[3][0]) > 0


def test_all_of_a_plain_cell_is_alive():
    assert live_nodes(CONVS) == set(range(8))


def test_what_a_none_cuts_off_is_dead():
    # Node 3 is none: 6 still gets data from 2. Node 6 none: 2 and 3 lead nowhere.
    assert live_nodes(cell("a", "a", "none", "a", "a", "a")) == {0, 1, 2, 4, 5, 6, 7}
    assert live_nodes(cell("a", "a", "a", "a", "a", "none")) == {0, 1, 4, 5, 7}
    # Node 1 is none: 3 and 5 get nothing.
    assert live_nodes(cell("none", "a", "a", "a", "a", "a")) == {0, 2, 4, 6, 7}


def test_a_cell_of_nones_is_dead():
    assert live_nodes(cell(*["none"] * 6)) == set()


def test_the_drawing_marks_dead_parts():
    drawing = draw_cell(cell("a", "b", "none", "a", "a", "a"), ["a", "b", "none"])
    assert [node.style for node in drawing.nodes] == [
        "op-end", "op-0", "op-1", "op-dead", "op-0", "op-0", "op-0", "op-end",
    ]  # fmt: skip
    dead = [edge for edge, (_, style) in zip(EDGES, drawing.edges, strict=True) if style == "flow dead"]
    assert dead == [(1, 3), (3, 6)]
    assert "3 none (dead)" in drawing.description
    assert "0 to 1" in drawing.description


def test_an_edge_between_neighbours_runs_straight_down():
    drawing = draw_cell(Graph(("input", "output"), ((0, 1),)), [])
    # 8 letters at 6.3 pixels + 18, margin 8; rows 50 apart, nodes 24 high.
    assert drawing.edges[0][0] == "M42.2 32C42.2 45.0 42.2 45.0 42.2 58"
    assert (drawing.width, drawing.height) == (pytest.approx(84.4), 90)


def test_labels_are_names_that_fit():
    assert operator_label("nor_conv_3x3") == "nor conv 3x3"
    assert operator_label("a_very_long_operator_name") == "a very long ope…"
    assert operator_label("_") == "_"


def test_colours_follow_the_palette():
    palette = [f"op{index}" for index in range(9)]
    assert operator_style("op8", palette) == "op-1"
    assert operator_style("none", palette) == "op-dead"
    assert operator_style("input", palette) == "op-end"
    assert operators_of([cell("b", "a", "a", "a", "a", "none")]) == ["a", "b", "none"]
