from nasray.core.architecture import Architecture
from nasray.spaces.code import identifier, render_cell
from nasray.spaces.nasbench201 import NasBench201


def test_the_layout():
    assert render_cell("Cell", "Says what.", {"a": "conv()"}, ("x0", "x1"), ["return self.a(x0) + x1"]) == (
        "class Cell(nn.Module):\n"
        '    """Says what."""\n'
        "\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a = conv()\n"
        "\n"
        "    def forward(self, x0, x1):\n"
        "        return self.a(x0) + x1\n"
    )


def test_names_become_identifiers():
    assert identifier("conv3x3-bn-relu") == "conv3x3_bn_relu"


def test_nasbench201_as_code_and_as_values():
    space = NasBench201(channels=4, cells_per_stage=1)
    cell = Architecture((3, 0, 1, 2, 4, 1))
    code = space.to_code(cell)
    assert "self.edge0_1 = nor_conv_3x3()" in code
    assert code.endswith(
        "        x1 = self.edge0_1(x0)\n"
        "        x2 = self.edge0_2(x0) + self.edge1_2(x1)\n"
        "        x3 = self.edge0_3(x0) + self.edge1_3(x1) + self.edge2_3(x2)\n"
        "        return x3\n"
    )
    assert list(space.to_prompt(cell).items())[:2] == [("edge 0 -> 1", "nor_conv_3x3"), ("edge 0 -> 2", "none")]
