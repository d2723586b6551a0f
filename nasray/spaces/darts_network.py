"""The network that DARTS makes of a normal and a reduction cell, as layers."""

from collections.abc import Mapping, Sequence
from typing import Any

from nasray.core.network_plan import Layer, NetworkPlan

STEM_MULTIPLIER = 3
_LAYER: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "max_pool_3x3": ("max_pool", {"kernel": 3}),
    "avg_pool_3x3": ("avg_pool", {"kernel": 3}),
    "skip_connect": ("identity", {}),
    "sep_conv_3x3": ("sep_conv", {"kernel": 3}),
    "sep_conv_5x5": ("sep_conv", {"kernel": 5}),
    "dil_conv_3x3": ("dil_conv", {"kernel": 3, "dilation": 2}),
    "dil_conv_5x5": ("dil_conv", {"kernel": 5, "dilation": 2}),
    "none": ("zero", {}),
}
Pairs = Sequence[tuple[int, str]]
"""``(8,)`` (source, operator) of one cell, two a node."""


def darts_plan(
    normal: Pairs, reduction: Pairs, channels: int, cells: int, input_shape: tuple[int, int, int], n_classes: int
) -> NetworkPlan:
    """Stem of 3C channels; ``cells`` cells, each reading the two before it; mean and classifier.

    The cells at one and two thirds of the depth are reduction cells: they double C, and their operators on the two
    inputs have stride 2.
    """
    stem = STEM_MULTIPLIER * channels
    layers = [Layer("conv_bn", (-1,), input_shape[0], stem, options={"kernel": 3}, stage="stem")]
    before, last = 0, 0
    reduced = False
    for number in range(cells):
        reduce = number in (cells // 3, 2 * cells // 3)
        channels *= 1 + reduce
        stage = f"cell{number}.{'reduction' if reduce else 'normal'}"
        inputs = _append_inputs(layers, before, last, channels, reduced, stage)
        _append_nodes(layers, inputs, reduction if reduce else normal, channels, reduce, stage)
        before, last, reduced = last, len(layers) - 1, reduce
    width = layers[-1].out_channels
    layers.append(Layer("global_avg_pool", (last,), width, width, stage="head"))
    layers.append(Layer("linear", (last + 1,), width, n_classes, stage="head"))
    return NetworkPlan(tuple(layers), input_shape, n_classes)


def _append_inputs(
    layers: list[Layer], before: int, last: int, channels: int, reduced: bool, stage: str
) -> tuple[int, int]:
    """Bring the outputs of the two cells before to C channels, and the earlier one to the size of the later."""
    wide = layers[before].out_channels
    if reduced:
        layers.append(Layer("factorized_reduce", (before,), wide, channels, 2, stage=stage))
    else:
        layers.append(Layer("relu_conv_bn", (before,), wide, channels, options={"kernel": 1}, stage=stage))
    wide = layers[last].out_channels
    layers.append(Layer("relu_conv_bn", (last,), wide, channels, options={"kernel": 1}, stage=stage))
    return len(layers) - 2, len(layers) - 1


def _append_nodes(
    layers: list[Layer], inputs: tuple[int, int], pairs: Pairs, channels: int, reduce: bool, stage: str
) -> None:
    """The four nodes of a cell, each the sum of two operators, concatenated."""
    at = [*inputs]
    for node in range(len(pairs) // 2):
        for source, name in pairs[2 * node : 2 * node + 2]:
            stride = 2 if reduce and source < len(inputs) else 1
            operator, options = _LAYER[name] if (name, stride) != ("skip_connect", 2) else ("factorized_reduce", {})
            layers.append(Layer(operator, (at[source],), channels, channels, stride, options=options, stage=stage))
        made = len(layers)
        layers.append(Layer("identity", (made - 2, made - 1), channels, channels, stage=stage))
        at.append(made)
    nodes = tuple(at[len(inputs) :])
    width = len(nodes) * channels
    layers.append(Layer("identity", nodes, width, width, merge="concat", stage=stage))
