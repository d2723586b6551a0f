"""RegNetX and RegNetY from 400 million to 32 billion multiply-adds.

Radosavovic et al. 2020, https://arxiv.org/abs/2003.13678: equations 2 to 4 for the widths, the appendix's tables for
their parameters.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import partial

from nasray.models import blocks
from nasray.models.human_networks.efficientnets import scaled_width
from nasray.models.human_networks.human_network import HumanNetwork
from nasray.models.layer_stack import LayerStack

_REGNETS = {
    "regnet_x_400mf": (22, 24, 24.48, 2.54, 16),
    "regnet_x_800mf": (16, 56, 35.73, 2.28, 16),
    "regnet_x_1_6gf": (18, 80, 34.01, 2.25, 24),
    "regnet_x_3_2gf": (25, 88, 26.31, 2.25, 48),
    "regnet_x_8gf": (23, 80, 49.56, 2.88, 120),
    "regnet_x_16gf": (22, 216, 55.59, 2.1, 128),
    "regnet_x_32gf": (23, 320, 69.86, 2.0, 168),
    "regnet_y_400mf": (16, 48, 27.89, 2.09, 8),
    "regnet_y_800mf": (14, 56, 38.84, 2.4, 16),
    "regnet_y_1_6gf": (27, 48, 20.71, 2.65, 24),
    "regnet_y_3_2gf": (21, 80, 42.63, 2.66, 24),
    "regnet_y_8gf": (17, 192, 76.82, 2.19, 56),
    "regnet_y_16gf": (18, 200, 106.23, 2.48, 112),
    "regnet_y_32gf": (20, 232, 115.89, 2.53, 232),
}
"""Depth d, first width w_0, slope w_a, factor w_m, group width g."""

_STEM = 32
_SQUEEZE = 4
"""RegNetY squeezes to a quarter of the channels that the block reads."""


def block_widths(depth: int, first: int, slope: float, factor: float, group_width: int) -> list[int]:
    """``(d,)`` widths: a straight line in depth, moved to powers of w_m, then to multiples of 8 and of the groups."""
    widths: list[int] = []
    for number in range(depth):
        power = round(math.log((first + slope * number) / first) / math.log(factor))
        width = 8 * round(first * factor**power / 8)
        widths.append(scaled_width(width, min(group_width, width)))
    return widths


def _append(
    depth: int, first: int, slope: float, factor: float, group_width: int, excited: bool, stack: LayerStack
) -> None:
    stack.begin("stem")
    blocks.conv_norm_activation(stack, stack.last, _STEM, 2, activation="relu")
    seen: Counter[int] = Counter()
    for width in block_widths(depth, first, slope, factor, group_width):
        stride = 1 if seen[width] else 2
        seen[width] += 1
        squeeze = round(stack.channels(stack.last) / _SQUEEZE) if excited else 0
        stack.begin("res_bottleneck")
        blocks.res_bottleneck(stack, stack.last, width, stride, width // min(group_width, width), squeeze)


def regnets() -> Sequence[HumanNetwork]:
    """The seven RegNetX and seven RegNetY."""
    return [
        HumanNetwork(name, "RegNet", 224, partial(_append, *parameters, "_y_" in name))
        for name, parameters in _REGNETS.items()
    ]
