"""EfficientNet B0 to B7.

Tan and Le 2019, https://arxiv.org/abs/1905.11946: table 1 for B0; the others are B0 with more width, depth and pixels.
"""

import math
from collections.abc import Sequence
from functools import partial

from nasray.models import blocks
from nasray.models.human_networks.human_network import HumanNetwork
from nasray.models.layer_stack import LayerStack

_B0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
"""Stages: expansion, kernel, stride of the first block, width, depth."""

_SCALES = (
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 300),
    (1.4, 1.8, 380),
    (1.6, 2.2, 456),
    (1.8, 2.6, 528),
    (2.0, 3.1, 600),
)
"""B0 to B7: times the width, times the depth, pixels."""

_STEM = 32


def scaled_width(width: float, step: int = 8) -> int:
    """The multiple of ``step`` that is nearest, but not more than a tenth below."""
    rounded = max(step, int(width + step / 2) // step * step)
    return rounded if rounded >= 0.9 * width else rounded + step


def _append_mbconv(stack: LayerStack, expansion: int, kernel: int, stride: int, width: int) -> None:
    """Expand, filter each channel for itself, weight the channels, project; a shortcut where the shape stays."""
    source, read = stack.last, stack.channels(stack.last)
    inside = expansion * read
    if expansion > 1:
        stack.begin("conv_norm_activation")
        blocks.conv_norm_activation(stack, stack.last, inside, 1, 1)
    stack.begin("conv_norm_activation")
    blocks.conv_norm_activation(stack, stack.last, inside, stride, kernel, inside)
    stack.begin("squeeze_excitation")
    blocks.squeeze_excitation(stack, stack.last, max(1, read // 4), silu=True)
    stack.begin("conv_norm_activation")
    projected = blocks.conv_norm_activation(stack, stack.last, width, 1, 1, activation="none")
    if stride == 1 and read == width:
        stack.add("identity", (projected, source))


def _append(width_factor: float, depth_factor: float, stack: LayerStack) -> None:
    stack.begin("conv_norm_activation")
    blocks.conv_norm_activation(stack, stack.last, scaled_width(_STEM * width_factor), 2)
    for expansion, kernel, stride, width, depth in _B0:
        for number in range(math.ceil(depth * depth_factor)):
            _append_mbconv(stack, expansion, kernel, 1 if number else stride, scaled_width(width * width_factor))
    stack.begin("conv_norm_activation")
    blocks.conv_norm_activation(stack, stack.last, 4 * stack.channels(stack.last), 1, 1)


def efficientnets() -> Sequence[HumanNetwork]:
    """The eight EfficientNets."""
    return [
        HumanNetwork(f"efficientnet_b{number}", "EfficientNet", pixels, partial(_append, width, depth))
        for number, (width, depth, pixels) in enumerate(_SCALES)
    ]
