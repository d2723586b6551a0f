"""The fifteen blocks out of which GPT-NAS (arXiv 2305.05351, Table II) builds networks, as layers.

Every function appends one block behind a layer of the stack, the last one unless another is named, and returns the
block's output. The blocks are those of the networks that published them; their numbers are arguments, so that the same
code makes the published networks and the chains of a search.
"""

from typing import Literal

from nasray.models.layer_stack import LayerStack

BLOCKS = (
    "conv_norm_activation",
    "squeeze_excitation",
    "inception",
    "avgpool",
    "res_bottleneck",
    "stem",
    "bottleneck",
    "basic_block",
    "resnext_bottleneck",
    "inverted_residual",
    "wide_bottleneck",
    "maxpool",
    "batch_norm",
    "relu",
    "conv",
)
"""The paper's block types. Origin, in this order: EfficientNet 2, GoogLeNet 2, RegNet 2, ResNet 2, ResNeXt,
ShuffleNet, Wide ResNet; the last four belong to no network in particular."""

Activation = Literal["none", "relu", "silu"]
_NORMALISED: dict[Activation, str] = {"none": "conv_bn", "relu": "conv_bn_relu", "silu": "conv_bn_silu"}


def conv_norm_activation(
    stack: LayerStack,
    source: int,
    width: int,
    stride: int = 1,
    kernel: int = 3,
    groups: int = 1,
    activation: Activation = "silu",
) -> int:
    """Convolution, batch normalization, activation (EfficientNet: SiLU, none behind a projection)."""
    return stack.add(_NORMALISED[activation], source, width, stride, kernel=kernel, groups=groups)


def squeeze_excitation(stack: LayerStack, source: int, squeeze: int, silu: bool) -> int:
    """Channels weighted by what all of them hold (Hu et al. 2018)."""
    return stack.add("squeeze_excitation", source, squeeze=squeeze, silu=int(silu))


def inception(stack: LayerStack, source: int, widths: tuple[int, int, int, int, int, int], stride: int = 1) -> int:
    """Four branches side by side (Szegedy et al. 2015): 1x1; 1x1, 3x3; 1x1, 3x3 again; 3x3 max pooling, 1x1.

    The third branch has a 3x3 kernel where the paper has 5x5, as in the widespread implementation whose parameter
    count is the published one.

    Args:
        stack: Where the block is appended.
        source: What it reads.
        widths: Channels: branch 1; reduction and output of branch 2; of branch 3; branch 4.
        stride: Of the last convolution or the pooling of every branch.
    """
    one, reduce3, three, reduce5, five, pooled = widths
    branches = [conv_norm_activation(stack, source, one, stride, 1, activation="relu")]
    for reduced, width in ((reduce3, three), (reduce5, five)):
        inner = conv_norm_activation(stack, source, reduced, 1, 1, activation="relu")
        branches.append(conv_norm_activation(stack, inner, width, stride, 3, activation="relu"))
    pool = stack.add("max_pool", source, stride=stride, kernel=3)
    branches.append(conv_norm_activation(stack, pool, pooled, 1, 1, activation="relu"))
    return stack.add("identity", branches, merge="concat")


def _join(stack: LayerStack, source: int, branch: int, stride: int) -> int:
    """Add what the block read, projected where its shape is another, and rectify."""
    width = stack.channels(branch)
    if stride > 1 or stack.channels(source) != width:
        source = stack.add("conv_bn", source, width, stride, kernel=1)
    return stack.add("relu", (branch, source))


def basic_block(stack: LayerStack, source: int, width: int, stride: int = 1) -> int:
    """Two 3x3 convolutions and a shortcut (He et al. 2016)."""
    inner = conv_norm_activation(stack, source, width, stride, 3, activation="relu")
    branch = conv_norm_activation(stack, inner, width, 1, 3, activation="none")
    return _join(stack, source, branch, stride)


def bottleneck(stack: LayerStack, source: int, width: int, inner: int, stride: int = 1, groups: int = 1) -> int:
    """1x1, 3x3 with the stride, 1x1, and a shortcut: ResNet, with groups ResNeXt, with a wide inside Wide ResNet."""
    branch = conv_norm_activation(stack, source, inner, 1, 1, activation="relu")
    branch = conv_norm_activation(stack, branch, inner, stride, 3, groups, "relu")
    branch = conv_norm_activation(stack, branch, width, 1, 1, activation="none")
    return _join(stack, source, branch, stride)


def res_bottleneck(
    stack: LayerStack, source: int, width: int, stride: int = 1, groups: int = 1, squeeze: int = 0
) -> int:
    """RegNet's block (Radosavovic et al. 2020): a bottleneck as wide inside as outside; X, or Y with a squeeze."""
    branch = conv_norm_activation(stack, source, width, 1, 1, activation="relu")
    branch = conv_norm_activation(stack, branch, width, stride, 3, groups, "relu")
    if squeeze:
        branch = squeeze_excitation(stack, branch, squeeze, silu=False)
    branch = conv_norm_activation(stack, branch, width, 1, 1, activation="none")
    return _join(stack, source, branch, stride)


def inverted_residual(stack: LayerStack, source: int, width: int, stride: int = 1) -> int:
    """ShuffleNetV2's unit (Ma et al. 2018): half of the channels pass by, or both halves are made anew; shuffled.

    Args:
        stack: Where the block is appended.
        source: What it reads.
        width: Channels put out, an even number.
        stride: Above 1, or where ``width`` is not the number of channels read, the unit for downsampling is taken.
    """
    half = width // 2
    if stride == 1 and stack.channels(source) == width:
        beside, read = stack.add("truncate", source, half), stack.add("keep_last", source, half)
    else:
        read = source
        depthwise = conv_norm_activation(
            stack, source, stack.channels(source), stride, 3, stack.channels(source), activation="none"
        )
        beside = conv_norm_activation(stack, depthwise, half, 1, 1, activation="relu")
    branch = conv_norm_activation(stack, read, half, 1, 1, activation="relu")
    branch = conv_norm_activation(stack, branch, half, stride, 3, half, activation="none")
    branch = conv_norm_activation(stack, branch, half, 1, 1, activation="relu")
    return stack.add("channel_shuffle", (beside, branch), merge="concat", groups=2)
