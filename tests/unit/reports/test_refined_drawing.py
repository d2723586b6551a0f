"""What a refined space looks like."""

from nasray.reports.refined_drawing import RefinedDrawing, draw_refined

OPERATORS = ("none", "conv_3x3")
EDGES = [(0, 1), (0, 2), (1, 2)]
TRIANGLE = [{"name": f"edge {a} -> {b}", "operators": OPERATORS, "sources": ()} for a, b in EDGES]
WIRED = [
    {"name": f"{cell} cell, node 2, {at} input", "operators": OPERATORS, "sources": ("node 0", "node 1")}
    for cell in ("normal", "reduction")
    for at in ("first", "second")
]


def words(drawing: RefinedDrawing) -> list[list[tuple[tuple[str, str], ...]]]:
    return [[line for _, line in box.lines] for box in drawing.boxes]


def test_candidates_are_kept_or_struck_out_on_every_edge():
    (drawing,) = draw_refined({"operators": [[1], [0, 1], [1]]}, TRIANGLE)
    assert words(drawing)[:2] == [
        [(("edge 0 -> 1", "place"),), (("none", "removed"),), (("conv 3x3", "kept"),)],
        [(("edge 0 -> 2", "place"),), (("none", "kept"),), (("conv 3x3", "kept"),)],
    ]
    assert words(drawing)[3:] == [[(("input", "muted"),)], [(("output", "muted"),)]]
    remains = "edge 0 -> 1: conv_3x3; edge 0 -> 2: none, conv_3x3; edge 1 -> 2: conv_3x3"
    assert drawing.description == f"What remains: {remains}."


def test_edges_are_joined_as_data_flows():
    (drawing,) = draw_refined({"operators": [[1], [1], [1]]}, TRIANGLE)
    assert len(drawing.edges) == 5  # from the input to 0 -> 1 and 0 -> 2, from 0 -> 1 to 1 -> 2, from two to the output
    first, _, last, begin, end = drawing.boxes
    assert begin.y + begin.height < first.y
    assert first.y + first.height < last.y
    assert last.y + last.height < end.y


def test_all_boxes_are_inside_the_picture():
    for layers in (TRIANGLE, WIRED):
        for drawing in draw_refined({"operators": [[1]] * len(layers)}, layers):
            for box in drawing.boxes:
                assert 0 <= box.x <= drawing.width - drawing.box_width
                assert drawing.top <= box.y <= drawing.top + drawing.height - box.height


def test_a_line_passes_beside_the_boxes_of_a_row_that_it_crosses():
    (drawing,) = draw_refined({"operators": [[1], [1], [1]]}, TRIANGLE)
    long = next(path for path in drawing.edges if path.count("C") > 1)
    assert long.count("C") == 3  # to the upper rim of the row, straight through it, to the output


def test_each_cell_of_a_free_wiring_has_a_picture_with_what_is_read():
    normal, reduction = draw_refined({"operators": [[1]] * 4, "sources": [[0], [1], [0, 1], [1]]}, WIRED)
    assert (normal.name, reduction.name) == ("normal cell", "reduction cell")
    assert words(normal)[0][:2] == [
        (("node 2, first", "place"),),
        (("reads", "muted"), ("0", "kept"), ("1", "removed")),
    ]
    assert words(reduction)[0][1] == (("reads", "muted"), ("0", "kept"), ("1", "kept"))
    first, second = normal.boxes
    assert first.y == second.y
    assert first.x + normal.box_width < second.x


def test_without_principles_about_sources_all_are_kept():
    normal, _ = draw_refined({"operators": [[1]] * 4}, WIRED)
    assert words(normal)[0][1] == (("reads", "muted"), ("0", "kept"), ("1", "kept"))
    assert normal.edges == ()


def test_no_layers_no_picture():
    assert draw_refined({"operators": []}, []) == ()
