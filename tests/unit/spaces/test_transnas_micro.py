import ast

import pytest

from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.spaces.transnas_micro import TransNasMicro, computed_function

SPACE = TransNasMicro(channels=4, stem_halvings=2)


def test_the_string_both_ways(cell):
    assert SPACE.to_text(cell("102333")) == "64-41414-1_02_333"
    assert SPACE.from_text("64-41414-1_02_333") == cell("102333")
    assert SPACE.size() == len({SPACE.to_text(one) for one in SPACE.enumerate()}) == 4_096


@pytest.mark.parametrize("text", ["", "64-41414-1_02_334", "64-4111-1_02_333", "64-41414-1_02_333 ", "64-41414-basic"])
def test_texts_that_are_no_cell(text):
    with pytest.raises(InvalidArchitecture, match="expected 64-41414-a_bc_def with digits 0 to 3 for"):
        SPACE.from_text(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100 000", "000 000"),  # node 1 leads nowhere
        ("030 030", "030 000"),  # nothing reaches node 1
        ("200 030", "020 003"),  # nodes 1 and 2 swap
        ("301 002", "300 020"),  # node 2 is node 1
    ],
)
def test_twins(cell, one, other):
    assert SPACE.canonical(cell(one)) == SPACE.canonical(cell(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("103 001", "030 001"),  # a skip from node 0 owns weights where the image is halved
        ("301 011", "330 011"),  # one convolution used twice is not two
        ("300 010", "200 010"),
    ],
)
def test_cells_that_differ(cell, one, other):
    assert SPACE.canonical(cell(one)) != SPACE.canonical(cell(other))


def test_the_canonical_form_is_the_first_of_its_class():
    forms = {}
    for cell in SPACE.enumerate():
        forms.setdefault(computed_function(cell.genes), cell)
    assert len(forms) == 1_376  # counted by this definition, which is ours
    assert all(SPACE.canonical(cell) == forms[computed_function(cell.genes)] for cell in list(SPACE.enumerate())[::7])


def test_the_skeleton(cell):
    plan = SPACE.plan(cell("333333"), (3, 64, 64), 5)
    stem = [(layer.out_channels, layer.stride) for layer in plan.layers if layer.stage == "stem"]
    assert stem == [(2, 2), (4, 2)]
    # Module string 41414 with 4 channels: widths 8, 8, 16, 16, 32, a stride of 2 in every other module.
    ends = [plan.layers[i] for i in range(len(plan.layers)) if plan.layers[i].stage.endswith("cell1")][8::9]
    assert [layer.out_channels for layer in ends] == [8, 8, 16, 16, 32]
    assert [layer.stage for layer in plan.layers if layer.stride == 2][2:] == [
        f"module{module}.cell0" for module in (0, 2, 4) for _ in range(3)
    ]


def test_a_skip_that_halves_the_image_is_a_convolution(cell):
    operators = [layer.operator for layer in SPACE.plan(cell("000100"), (3, 8, 8), 5).layers]
    assert operators.count("factorized_reduce") == 3
    assert operators.count("zero") == 2 * 10  # nodes 1 and 2 of ten cells


def test_small_images_need_no_stem_that_halves(cell):
    plan = TransNasMicro(channels=4, stem_halvings=0).plan(cell("333333"), (1, 8, 8), 5)
    assert [layer.stride for layer in plan.layers if layer.stage == "stem"] == [1, 1]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"channels": 3}, r"channels \(3\) must be even and at least 2"),
        ({"channels": 0}, r"channels \(0\) must be even"),
        ({"stem_halvings": 3}, r"stem_halvings \(3\) must be 0, 1 or 2"),
    ],
)
def test_impossible_networks(setting, message):
    with pytest.raises(ConfigError, match=message):
        TransNasMicro(**{"channels": 4, "stem_halvings": 0, **setting})


def test_views(cell):
    code = SPACE.to_code(cell("102333"))
    ast.parse(code)
    assert "self.edge0_1 = skip_connect()" in code
    assert "x3 = self.edge0_3(x0) + self.edge1_3(x1) + self.edge2_3(x2)" in code
    assert SPACE.to_prompt(cell("102333"))["edge 1 -> 2"] == "nor_conv_1x1"
    assert SPACE.graph(cell("102333")).operators[1:4] == ("skip_connect", "none", "nor_conv_1x1")
    assert set(SPACE.vocabulary()) < set(SPACE.operator_descriptions())
    assert SPACE.from_tokens(SPACE.to_tokens(cell("102333"))) == cell("102333")
    assert SPACE.unit_layers(cell("102333")) == [1, 1, 3, 3, 3, 3]
