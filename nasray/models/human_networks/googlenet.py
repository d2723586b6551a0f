"""GoogLeNet: Szegedy et al. 2015, https://arxiv.org/abs/1409.4842, table 1, with batch normalization."""

from nasray.models import blocks
from nasray.models.human_networks.human_network import HumanNetwork
from nasray.models.human_networks.resnets import append_max_pool
from nasray.models.layer_stack import LayerStack

_INCEPTIONS = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)
"""Stages 3, 4 and 5: the widths of every inception, see ``blocks.inception``."""


def _append_conv(stack: LayerStack, width: int, kernel: int, stride: int) -> None:
    stack.begin("conv_norm_activation")
    blocks.conv_norm_activation(stack, stack.last, width, stride, kernel, activation="relu")


def _append(stack: LayerStack) -> None:
    _append_conv(stack, 64, 7, 2)
    append_max_pool(stack)
    _append_conv(stack, 64, 1, 1)
    _append_conv(stack, 192, 3, 1)
    for number, stage in enumerate(_INCEPTIONS):
        append_max_pool(stack, 2 if number == len(_INCEPTIONS) - 1 else 3)
        for widths in stage:
            stack.begin("inception")
            blocks.inception(stack, stack.last, widths)
    stack.begin("avgpool")
    stack.add("global_avg_pool", stack.last)


def googlenet() -> HumanNetwork:
    """The one GoogLeNet; its mean over the pixels is the block ``avgpool``."""
    return HumanNetwork("googlenet", "GoogLeNet", 224, _append, pooled=True)
