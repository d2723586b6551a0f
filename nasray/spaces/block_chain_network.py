"""The network of a chain of blocks: how wide each is, where the image shrinks, and each block's layers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nasray.core.layer_properties import LayerProperties, Size
from nasray.core.network_plan import NetworkPlan
from nasray.models import blocks
from nasray.models.layer_stack import LayerStack
from nasray.models.plan_layers import staged_layers

WIDTH_STEP = 8
"""All widths are multiples of it, so that the parts into which blocks divide their channels are whole."""

_SHRINKING = ("avgpool", "maxpool", "stem")
Append = Callable[[LayerStack, int, int, int], int]
"""``(stack, source, width, stride)`` -> the block's output."""


@dataclass(frozen=True, slots=True)
class Step:
    """One block of a chain in its place.

    Attributes:
        block: Its type.
        in_size: ``(C, H, W)`` of what it reads.
        width: Channels it puts out.
        stride: 2 where it halves the image.
    """

    block: str
    in_size: Size
    width: int
    stride: int

    @property
    def out_size(self) -> Size:
        """``(C, H, W)`` of what it puts out."""
        return self.width, -(-self.in_size[1] // self.stride), -(-self.in_size[2] // self.stride)


def steps(chain: Sequence[str], n_blocks: int, input_shape: Size, widths: Sequence[int], min_pixels: int) -> list[Step]:
    """The first blocks of a chain of ``n_blocks``, each in its place.

    The depth's thirds have the three ``widths``. The first block of the second and third third, pooling blocks and
    stems halve the image, as long as its shorter side keeps ``min_pixels``.
    """
    found: list[Step] = []
    size = input_shape
    for place, block in enumerate(chain):
        third = 3 * place // n_blocks
        border = place > 0 and third != 3 * (place - 1) // n_blocks
        fits = -(-min(size[1:]) // 2) >= min_pixels
        stride = 2 if fits and (border or block in _SHRINKING) else 1
        found.append(Step(block, size, widths[third], stride))
        size = found[-1].out_size
    return found


def chain_plan(chain: Sequence[Step], n_classes: int) -> NetworkPlan:
    """The blocks one behind the other, mean and linear classifier."""
    stack = LayerStack(chain[0].in_size)
    for step in chain:
        stack.begin(step.block)
        _APPEND[step.block](stack, stack.last, step.width, step.stride)
    return stack.finish(n_classes)


@lru_cache(maxsize=8192)
def step_layers(step: Step) -> tuple[LayerProperties, ...]:
    """The primitive layers of one block, ids counted from 0."""
    stack = LayerStack(step.in_size)
    stack.begin(step.block)
    _APPEND[step.block](stack, stack.last, step.width, step.stride)
    plan = NetworkPlan(tuple(stack.layers), step.in_size, step.width)
    return tuple(layer for _, layer in staged_layers(plan))


def _projected(stack: LayerStack, source: int, width: int, stride: int) -> int:
    """A 1x1 convolution where the shape changes; else nothing."""
    if stride == 1 and stack.channels(source) == width:
        return source
    return stack.add("conv", source, width, stride, kernel=1)


def _conv_norm_activation(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.conv_norm_activation(stack, source, width, stride)


def _squeeze_excitation(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.squeeze_excitation(stack, _projected(stack, source, width, stride), width // 4, silu=True)


def _inception(stack: LayerStack, source: int, width: int, stride: int) -> int:
    """The branches' shares are those of GoogLeNet's first inception, rounded to eighths."""
    eighth = width // 8
    shares = (2 * eighth, 3 * eighth, 4 * eighth, eighth, eighth, eighth)
    return blocks.inception(stack, source, shares, stride)


def _avgpool(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return stack.add("avg_pool", _projected(stack, source, width, 1), stride=stride, kernel=3)


def _maxpool(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return stack.add("max_pool", _projected(stack, source, width, 1), stride=stride, kernel=3)


def _res_bottleneck(stack: LayerStack, source: int, width: int, stride: int) -> int:
    """Of RegNetX, in groups of 8 channels: squeeze and excitation is a block of its own."""
    return blocks.res_bottleneck(stack, source, width, stride, groups=width // 8)


def _stem(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.conv_norm_activation(stack, source, width, stride, activation="relu")


def _bottleneck(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.bottleneck(stack, source, width, width // 4, stride)


def _basic_block(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.basic_block(stack, source, width, stride)


def _resnext_bottleneck(stack: LayerStack, source: int, width: int, stride: int) -> int:
    """As in the 32x4d network half as wide inside, in groups of 4 channels; at least two: with one it were the wide."""
    return blocks.bottleneck(stack, source, width, width // 2, stride, groups=max(2, width // 8))


def _wide_bottleneck(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.bottleneck(stack, source, width, width // 2, stride)


def _inverted_residual(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return blocks.inverted_residual(stack, source, width, stride)


def _batch_norm(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return stack.add("bn", _projected(stack, source, width, stride))


def _relu(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return stack.add("relu", _projected(stack, source, width, stride))


def _conv(stack: LayerStack, source: int, width: int, stride: int) -> int:
    return stack.add("conv", source, width, stride, kernel=3)


_APPEND: Mapping[str, Append] = {
    "conv_norm_activation": _conv_norm_activation,
    "squeeze_excitation": _squeeze_excitation,
    "inception": _inception,
    "avgpool": _avgpool,
    "res_bottleneck": _res_bottleneck,
    "stem": _stem,
    "bottleneck": _bottleneck,
    "basic_block": _basic_block,
    "resnext_bottleneck": _resnext_bottleneck,
    "inverted_residual": _inverted_residual,
    "wide_bottleneck": _wide_bottleneck,
    "maxpool": _maxpool,
    "batch_norm": _batch_norm,
    "relu": _relu,
    "conv": _conv,
}
