"""ShuffleNetV2 of four widths: Ma et al. 2018, https://arxiv.org/abs/1807.11164, table 5."""

from collections.abc import Sequence
from functools import partial

from nasray.models import blocks
from nasray.models.human_networks.human_network import HumanNetwork
from nasray.models.human_networks.resnets import append_conv_bn_relu, append_max_pool
from nasray.models.layer_stack import LayerStack

_FIRST = 24
_DEPTHS = (4, 8, 4)
_WIDTHS = {
    "shufflenet_v2_x0_5": (48, 96, 192, 1024),
    "shufflenet_v2_x1_0": (116, 232, 464, 1024),
    "shufflenet_v2_x1_5": (176, 352, 704, 1024),
    "shufflenet_v2_x2_0": (244, 488, 976, 2048),
}


def _append(widths: Sequence[int], stack: LayerStack) -> None:
    append_conv_bn_relu(stack, _FIRST, 3, 2)
    append_max_pool(stack)
    *stages, last = widths
    for width, depth in zip(stages, _DEPTHS, strict=True):
        for number in range(depth):
            stack.begin("inverted_residual")
            blocks.inverted_residual(stack, stack.last, width, 1 if number else 2)
    append_conv_bn_relu(stack, last, 1, 1)


def shufflenets() -> Sequence[HumanNetwork]:
    """The four ShuffleNets."""
    return [HumanNetwork(name, "ShuffleNet", 224, partial(_append, widths)) for name, widths in _WIDTHS.items()]
