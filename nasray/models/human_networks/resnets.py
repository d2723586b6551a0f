"""ResNet, ResNeXt and Wide ResNet.

He et al. 2016, https://arxiv.org/abs/1512.03385, table 1; Xie et al. 2017, https://arxiv.org/abs/1611.05431, table 1;
Zagoruyko and Komodakis 2016, https://arxiv.org/abs/1605.07146. Bottlenecks have their stride in the 3x3 convolution.
"""

from collections.abc import Sequence
from functools import partial

from nasray.models import blocks
from nasray.models.human_networks.human_network import HumanNetwork
from nasray.models.layer_stack import LayerStack

_WIDTHS = (64, 128, 256, 512)
_EXPANSION = 4
_BASIC = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}
_BOTTLENECK = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3)}
_GROUPED = {
    "resnext50_32x4d": ((3, 4, 6, 3), "resnext_bottleneck", 2, 32),
    "resnext101_32x8d": ((3, 4, 23, 3), "resnext_bottleneck", 4, 32),
    "wide_resnet50_2": ((3, 4, 6, 3), "wide_bottleneck", 2, 1),
    "wide_resnet101_2": ((3, 4, 23, 3), "wide_bottleneck", 2, 1),
}
"""Depths, block, width inside in relation to ResNet's, groups."""


def append_conv_bn_relu(stack: LayerStack, width: int, kernel: int, stride: int) -> None:
    """A convolution, a batch normalization and a ReLU as three blocks, which is what they are in ResNet."""
    stack.begin("conv")
    stack.add("conv", stack.last, width, stride, kernel=kernel)
    stack.begin("batch_norm")
    stack.add("bn", stack.last)
    stack.begin("relu")
    stack.add("relu", stack.last)


def append_max_pool(stack: LayerStack, kernel: int = 3) -> None:
    """Maximum pooling that halves the image."""
    stack.begin("maxpool")
    stack.add("max_pool", stack.last, stride=2, kernel=kernel)


def _append(depths: Sequence[int], block: str, inside: int, groups: int, stack: LayerStack) -> None:
    append_conv_bn_relu(stack, 64, 7, 2)
    append_max_pool(stack)
    for stage, (width, depth) in enumerate(zip(_WIDTHS, depths, strict=True)):
        for number in range(depth):
            stack.begin(block)
            stride = 2 if stage and not number else 1
            if block == "basic_block":
                blocks.basic_block(stack, stack.last, width, stride)
            else:
                blocks.bottleneck(stack, stack.last, _EXPANSION * width, inside * width, stride, groups)


def resnets() -> Sequence[HumanNetwork]:
    """The five ResNets, two ResNeXts and two Wide ResNets."""
    found = [
        HumanNetwork(name, "ResNet", 224, partial(_append, depths, "basic_block", 1, 1))
        for name, depths in _BASIC.items()
    ]
    found += [
        HumanNetwork(name, "ResNet", 224, partial(_append, depths, "bottleneck", 1, 1))
        for name, depths in _BOTTLENECK.items()
    ]
    for name, settings in _GROUPED.items():
        family = "ResNeXt" if name.startswith("resnext") else "Wide ResNet"
        found.append(HumanNetwork(name, family, 224, partial(_append, *settings)))
    return found
