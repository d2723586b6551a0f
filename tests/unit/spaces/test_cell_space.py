import ast

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.spaces.cell_space import CellSpace

OPERATORS = {
    "none": {"operator": "zero"},
    "skip": {"operator": "identity"},
    "conv": {"operator": "relu_conv_bn", "kernel": 3},
    "mine": {"operator": "somewhere.builder", "width": 2},
}
DIAMOND = [[0, 2], [0, 1], [2, 3], [1, 3]]


def space(**settings):
    default = {"nodes": 4, "edges": DIAMOND, "operators": OPERATORS, "merge": "sum"}
    return CellSpace(**{**default, "channels": 4, "stages": 2, "cells_per_stage": 1, **settings})


def test_genes_are_sorted_by_target():
    assert space().to_text(Architecture((1, 2, 0, 1))) == "0>1:skip,0>2:conv,1>3:none,2>3:skip"
    assert space().size() == 4**4
    every = space(edges=None, operators={"a": {"operator": "relu"}, "b": {"operator": "zero"}})
    assert every.to_text(Architecture((0,) * 6)) == "0>1:a,0>2:a,1>2:a,0>3:a,1>3:a,2>3:a"
    assert len(set(every.enumerate())) == every.size() == 64


@pytest.mark.parametrize(
    "text", ["", "0>1:skip", "0>1:skip,0>2:conv,1>3:none,2>3:warp", "0>1:skip,0>2:conv,1>2:none,2>3:skip"]
)
def test_texts_that_are_no_cell(text):
    with pytest.raises(InvalidArchitecture, match=r"expected 0>1:OPERATOR,.* with OPERATOR among none, skip, conv"):
        space().from_text(text)


def test_the_text_is_read_back():
    cell = Architecture((3, 2, 0, 1))
    assert space().from_text(space().to_text(cell)) == cell


def test_dead_edges_become_zero():
    # 1 -> 3 is cut, so 0 -> 1 does not matter.
    assert space().canonical(Architecture((2, 2, 0, 1))).genes == (0, 2, 0, 1)
    without = space(operators={name: OPERATORS[name] for name in ("skip", "conv")})
    assert without.canonical(Architecture((0, 1, 0, 1))).genes == (0, 1, 0, 1)


def test_the_graph():
    graph = space().graph(Architecture((1, 2, 0, 1)))
    assert graph.operators == ("input", "skip", "conv", "none", "skip", "output")
    assert graph.edges == ((0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5))


def test_descriptions_are_given_or_the_usual_ones():
    own = {"short": "A", "medium": "A b", "long": "A b c"}
    given = {
        "pool5": {"operator": "max_pool", "kernel": 5},
        "wide": {"operator": "relu_conv_bn", "kernel": 3, "groups": 2},
    }
    said = space(
        operators={**OPERATORS, **given, "own": {"operator": "relu", "description": own}}
    ).operator_descriptions()
    assert said["own"] == own
    assert said["skip"]["short"] == "Residual connection"
    assert said["conv"]["short"] == "Convolution 3 by 3"
    assert said["pool5"]["medium"] == "Maximum pooling with a 5 by 5 window"
    # Groups make it another operator, so that it does not get the words of the plain one.
    assert said["wide"] == {"short": "wide", "medium": "Operator wide", "long": "An operator called wide"}
    assert {"input", "output"} < set(said)


def test_the_network_of_sums():
    plan = space().plan(Architecture((0, 2, 2, 1)), (3, 8, 8), 5)
    cell = [(one.operator, one.inputs, one.out_channels) for one in plan.layers if one.stage == "stage0.cell0"]
    assert cell == [
        ("zero", (0,), 4),  # node 1 is not reached
        ("relu_conv_bn", (0,), 4),
        ("identity", (2,), 4),  # node 2
        ("relu_conv_bn", (1,), 4),
        ("identity", (3,), 4),
        ("identity", (4, 5), 4),  # node 3
    ]
    assert [one.out_channels for one in plan.layers if one.stage in ("reduction1", "head")] == [8, 8, 8, 5]


def test_the_network_of_concatenations():
    plan = space(merge="concat").plan(Architecture((1, 1, 1, 3)), (3, 8, 8), 5)
    last = [one for one in plan.layers if one.stage == "stage1.cell0"][-1]
    assert (last.operator, last.merge, last.in_channels, last.out_channels) == ("relu_conv_bn", "concat", 16, 8)
    mine = next(one for one in plan.layers if one.operator == "somewhere.builder")
    assert mine.options == {"width": 2}


def test_code_and_prompt():
    cell = Architecture((1, 2, 0, 1))
    code = space().to_code(cell)
    ast.parse(code)
    assert "x3 = self.edge1_3(x1) + self.edge2_3(x2)" in code
    assert "x3 = project(concatenate([self.edge1_3(x1), self.edge2_3(x2)]))" in space(merge="concat").to_code(cell)
    assert space().to_prompt(cell) == {
        "edge 0 -> 1": "skip",
        "edge 0 -> 2": "conv",
        "edge 1 -> 3": "none",
        "edge 2 -> 3": "skip",
    }
    assert space().from_tokens(space().to_tokens(cell)) == cell
    assert space().vocabulary() == ("none", "skip", "conv", "mine")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"nodes": 1}, r"nodes \(1\) must be at least 2: raise it"),
        ({"channels": 0}, r"channels \(0\) must be at least 1"),
        ({"stages": 0}, r"stages \(0\) must be at least 1"),
        ({"cells_per_stage": 0}, r"cells_per_stage \(0\) must be at least 1"),
        ({"merge": "mean"}, r"merge \('mean'\) must be sum or concat: choose one"),
        ({"operators": {"a": {"operator": "relu"}}}, r"has the operators \['a'\]; a search needs at least two"),
        ({"edges": [*DIAMOND, [3, 1]]}, r"edge \[3, 1\] makes the cell cyclic or runs backwards: .*turn it round"),
        ({"edges": [*DIAMOND, [2, 2]]}, r"edge \[2, 2\] makes the cell cyclic"),
        ({"edges": [*DIAMOND, [0, 4]]}, r"edge \[0, 4\] leads outside the nodes 0 to 3: change it, or raise nodes"),
        ({"edges": [*DIAMOND, [-1, 2]]}, r"edge \[-1, 2\] leads outside"),
        ({"edges": [*DIAMOND, [0, 1, 2]]}, r"edge \[0, 1, 2\] must be a pair \[from, to\]"),
        ({"edges": [*DIAMOND, [0, 1]]}, r"edge \[0, 1\] is listed twice: remove one"),
        ({"edges": [[0, 2], [2, 3], [1, 3]]}, "node 1 has no input: add an edge that leads to it, or remove it"),
        ({"edges": [[0, 1], [0, 2], [2, 3]]}, "node 1 leads nowhere: add an edge from it to a later node"),
        ({"edges": []}, "node 0 leads nowhere"),
    ],
)
def test_settings_that_make_no_space(settings, message):
    with pytest.raises(ConfigError, match=f"CellSpace {message}"):
        space(**settings)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("a", {"operator": "conv9"}, "'a' names the operator 'conv9', which is unknown; use one of identity, zero"),
        ("a", {"operator": "linear"}, "'a' names the operator 'linear', which is unknown"),
        ("a", {}, "'a' names the operator None, which is unknown"),
        (
            "a",
            {"operator": "max_pool", "size": 3},
            r"'a' \(max_pool\) has the options \['size'\]; it knows \['kernel'\]",
        ),
        ("a", {"operator": "conv", "stride": 0}, r"'a' \(conv\) has the options \['stride'\]"),
        *(
            ("a", {"operator": "conv", "kernel": size}, rf"'a' kernel \({size}\) must be an odd whole number .*: 3$")
            for size in (-1, 0, 2, 3.0, True)
        ),
        ("a", {"operator": "dil_conv", "dilation": 0}, r"'a' dilation \(0\) must be a whole number of at least 1"),
        ("a", {"operator": "channel_shuffle", "groups": -2}, r"'a' groups \(-2\) must be a whole number"),
        (
            "a",
            {"operator": "conv", "groups": 3},
            r"'a' groups \(3\) must divide the 4 channels of the first stage: choose one of 1, 2, 4, or other channels",
        ),
        ("a", {"operator": "squeeze_excitation", "squeeze": 0}, r"'a' squeeze \(0\) must be a whole number"),
        ("a", {"operator": "relu", "description": {"short": "x"}}, r"'a' has a description with \['short'\]; it needs"),
        ("a b", {"operator": "relu"}, "'a b' must begin with a letter, .*: rename it"),
        ("input", {"operator": "relu"}, "'input' must begin with a letter, .* not be input or output"),
    ],
)
def test_operators_that_cannot_be_used(name, setting, message):
    with pytest.raises(ConfigError, match=f"CellSpace operator {message}"):
        space(operators={**OPERATORS, name: setting})
