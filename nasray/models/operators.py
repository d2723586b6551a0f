"""The operators that a NetworkPlan may name, as torch modules.

Images are ``x_BCHW``: B images, C channels, H rows, W columns. A stride s makes H into ceil(H / s). Every operator
takes a Layer and refuses options it does not know: a misspelt ``kernel`` would otherwise build another network.
"""

import importlib
from collections.abc import Callable

import torch
from torch import Tensor, nn

from nasray.core.errors import ConfigError, require
from nasray.core.network_plan import Layer

Builder = Callable[[Layer], nn.Module]


class _Zero(nn.Module):
    """Zeros of the shape the operator would have had; no gradient flows back."""

    def __init__(self, out_channels: int, stride: int) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.stride = stride

    def forward(self, x_BCHW: Tensor) -> Tensor:  # noqa: N803
        batch, _, height, width = x_BCHW.shape
        return x_BCHW.new_zeros(batch, self.out_channels, -(-height // self.stride), -(-width // self.stride))


class _Truncate(nn.Module):
    """The first channels of its input."""

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels

    def forward(self, x_BCHW: Tensor) -> Tensor:  # noqa: N803
        return x_BCHW[:, : self.out_channels]


class _KeepLast(nn.Module):
    """The last channels of its input."""

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels

    def forward(self, x_BCHW: Tensor) -> Tensor:  # noqa: N803
        return x_BCHW[:, -self.out_channels :]


class _SqueezeExcitation(nn.Module):
    """Every channel times a factor in (0, 1) that depends on the means of all channels."""

    def __init__(self, channels: int, squeeze: int, activation: nn.Module) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.activation = activation
        self.excite = nn.Conv2d(squeeze, channels, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:  # noqa: N803
        means = x_BCHW.mean((2, 3), keepdim=True)
        return x_BCHW * self.excite(self.activation(self.squeeze(means))).sigmoid()


class _FactorizedReduce(nn.Module):
    """Halves the image without losing pixels: two 1x1 convs of stride 2, the second one pixel down and right."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        first = out_channels // 2
        self.relu = nn.ReLU()
        self.here = nn.Conv2d(in_channels, first, 1, stride=2, bias=False)
        self.beside = nn.Conv2d(in_channels, out_channels - first, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x_BCHW: Tensor) -> Tensor:  # noqa: N803
        x = self.relu(x_BCHW)
        moved = nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        return self.bn(torch.cat([self.here(x), self.beside(moved)], 1))


def _options(layer: Layer, **defaults: int) -> tuple[int, ...]:
    """The layer's options in the order of ``defaults``."""
    unknown = sorted(set(layer.options) - set(defaults))
    require(
        not unknown,
        f"operator {layer.operator} got options {unknown}; it knows {sorted(defaults)}: remove or rename",
    )
    return tuple(int(layer.options.get(name, default)) for name, default in defaults.items())


def _pad(layer: Layer, kernel: int, dilation: int = 1) -> int:
    """The padding that makes H into ceil(H / stride)."""
    require(
        kernel % 2 == 1 or kernel == layer.stride,
        f"operator {layer.operator} got kernel {kernel} with stride {layer.stride}; an even kernel cannot be centred: "
        "choose an odd one, or one equal to the stride",
    )
    return dilation * (kernel - 1) // 2


def _check_channels(layer: Layer) -> None:
    """Refuse a change of channels that the operator cannot make."""
    require(
        layer.in_channels == layer.out_channels,
        f"operator {layer.operator} got {layer.in_channels} -> {layer.out_channels} channels; it cannot change "
        "their number: put a 1x1 conv before it",
    )


def _check_stride(layer: Layer) -> None:
    """Refuse a stride that the operator would ignore."""
    require(
        layer.stride == 1,
        f"operator {layer.operator} got stride {layer.stride}; it works with stride 1 only: use a conv or a pool",
    )


def _conv(layer: Layer) -> nn.Conv2d:
    kernel, dilation, groups = _options(layer, kernel=3, dilation=1, groups=1)
    require(
        groups >= 1 and layer.in_channels % groups == 0 and layer.out_channels % groups == 0,
        f"operator {layer.operator} got groups {groups}; it must divide {layer.in_channels} and {layer.out_channels} "
        "channels: choose a divisor of both",
    )
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        kernel,
        stride=layer.stride,
        padding=_pad(layer, kernel, dilation),
        dilation=dilation,
        groups=groups,
        bias=False,
    )


def _conv_bn(layer: Layer) -> nn.Module:
    return nn.Sequential(_conv(layer), nn.BatchNorm2d(layer.out_channels))


def _conv_bn_relu(layer: Layer) -> nn.Module:
    return nn.Sequential(_conv(layer), nn.BatchNorm2d(layer.out_channels), nn.ReLU(inplace=True))


def _conv_bn_silu(layer: Layer) -> nn.Module:
    return nn.Sequential(_conv(layer), nn.BatchNorm2d(layer.out_channels), nn.SiLU(inplace=True))


def _relu_conv_bn(layer: Layer) -> nn.Module:
    return nn.Sequential(nn.ReLU(), _conv(layer), nn.BatchNorm2d(layer.out_channels))


def _bn(layer: Layer) -> nn.Module:
    _options(layer)
    _check_channels(layer)
    _check_stride(layer)
    return nn.BatchNorm2d(layer.out_channels)


def _bn_relu(layer: Layer) -> nn.Module:
    _options(layer)
    _check_channels(layer)
    _check_stride(layer)
    return nn.Sequential(nn.BatchNorm2d(layer.out_channels), nn.ReLU(inplace=True))


def _relu(layer: Layer) -> nn.Module:
    _options(layer)
    _check_channels(layer)
    _check_stride(layer)
    return nn.ReLU()


def _max_pool(layer: Layer) -> nn.Module:
    (kernel,) = _options(layer, kernel=3)
    _check_channels(layer)
    return nn.MaxPool2d(kernel, layer.stride, _pad(layer, kernel), ceil_mode=kernel % 2 == 0)


def _avg_pool(layer: Layer) -> nn.Module:
    (kernel,) = _options(layer, kernel=3)
    _check_channels(layer)
    pad = _pad(layer, kernel)
    return nn.AvgPool2d(kernel, layer.stride, pad, ceil_mode=kernel % 2 == 0, count_include_pad=False)


def _avg_pool_conv(layer: Layer) -> nn.Module:
    """The shortcut of NAS-Bench-201's reduction block: 2x2 means, then a 1x1 conv."""
    _options(layer)
    require(
        layer.stride == 2,
        f"operator {layer.operator} got stride {layer.stride}; it halves the image: set stride 2, or use conv",
    )
    conv = nn.Conv2d(layer.in_channels, layer.out_channels, 1, bias=False)
    return nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True), conv)


def _depthwise(layer: Layer, channels: int, stride: int, kernel: int, dilation: int) -> list[nn.Module]:
    """ReLU, a convolution of every channel for itself, and a 1x1 convolution that mixes them, normalised."""
    pad = _pad(layer, kernel, dilation)
    return [
        nn.ReLU(),
        nn.Conv2d(layer.in_channels, layer.in_channels, kernel, stride, pad, dilation, layer.in_channels, bias=False),
        nn.Conv2d(layer.in_channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
    ]


def _sep_conv(layer: Layer) -> nn.Module:
    """DARTS' separable convolution: the depthwise block twice, the stride in the first."""
    (kernel,) = _options(layer, kernel=3)
    first = _depthwise(layer, layer.in_channels, layer.stride, kernel, 1)
    return nn.Sequential(*first, *_depthwise(layer, layer.out_channels, 1, kernel, 1))


def _dil_conv(layer: Layer) -> nn.Module:
    """DARTS' dilated convolution: the depthwise block once, with gaps between the pixels it reads."""
    kernel, dilation = _options(layer, kernel=3, dilation=2)
    return nn.Sequential(*_depthwise(layer, layer.out_channels, layer.stride, kernel, dilation))


def _factorized_reduce(layer: Layer) -> nn.Module:
    _options(layer)
    require(
        layer.stride == 2 and layer.out_channels >= 2,
        f"operator {layer.operator} got stride {layer.stride} and {layer.out_channels} output channels; it halves the "
        "image by two convolutions: set stride 2 and at least 2 channels, or use conv",
    )
    return _FactorizedReduce(layer.in_channels, layer.out_channels)


def _truncate(layer: Layer) -> nn.Module:
    _check_keeping(layer)
    return _Truncate(layer.out_channels)


def _keep_last(layer: Layer) -> nn.Module:
    _check_keeping(layer)
    return _KeepLast(layer.out_channels)


def _check_keeping(layer: Layer) -> None:
    _options(layer)
    _check_stride(layer)
    require(
        layer.out_channels <= layer.in_channels,
        f"operator {layer.operator} got {layer.in_channels} -> {layer.out_channels} channels; it keeps some of what it "
        "gets and cannot add any: put a 1x1 conv in its place",
    )


def _channel_shuffle(layer: Layer) -> nn.Module:
    (groups,) = _options(layer, groups=2)
    _check_channels(layer)
    _check_stride(layer)
    require(
        groups >= 1 and layer.in_channels % groups == 0,
        f"operator {layer.operator} got groups {groups}; it must divide {layer.in_channels} channels: choose a divisor",
    )
    return nn.ChannelShuffle(groups)


def _squeeze_excitation(layer: Layer) -> nn.Module:
    """Hu et al. 2018, arXiv 1709.01507; ``silu`` = 1 takes that activation inside in place of ReLU."""
    squeeze, silu = _options(layer, squeeze=1, silu=0)
    _check_channels(layer)
    _check_stride(layer)
    require(
        squeeze >= 1 and silu in (0, 1),
        f"operator {layer.operator} got squeeze {squeeze} and silu {silu}; it needs at least 1 channel inside, and "
        "silu 0 or 1",
    )
    return _SqueezeExcitation(layer.in_channels, squeeze, nn.SiLU() if silu else nn.ReLU())


def _identity(layer: Layer) -> nn.Module:
    _options(layer)
    _check_channels(layer)
    _check_stride(layer)
    return nn.Identity()


def _zero(layer: Layer) -> nn.Module:
    _options(layer)
    return _Zero(layer.out_channels, layer.stride)


def _global_avg_pool(layer: Layer) -> nn.Module:
    _options(layer)
    _check_channels(layer)
    _check_stride(layer)
    return nn.AdaptiveAvgPool2d(1)


def _linear(layer: Layer) -> nn.Module:
    _options(layer)
    _check_stride(layer)
    return nn.Sequential(nn.Flatten(), nn.Linear(layer.in_channels, layer.out_channels))


OPERATORS: dict[str, Builder] = {
    "conv": _conv,
    "conv_bn": _conv_bn,
    "conv_bn_relu": _conv_bn_relu,
    "conv_bn_silu": _conv_bn_silu,
    "relu_conv_bn": _relu_conv_bn,
    "bn": _bn,
    "bn_relu": _bn_relu,
    "relu": _relu,
    "sep_conv": _sep_conv,
    "dil_conv": _dil_conv,
    "factorized_reduce": _factorized_reduce,
    "truncate": _truncate,
    "keep_last": _keep_last,
    "channel_shuffle": _channel_shuffle,
    "squeeze_excitation": _squeeze_excitation,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "avg_pool_conv": _avg_pool_conv,
    "identity": _identity,
    "zero": _zero,
    "global_avg_pool": _global_avg_pool,
    "linear": _linear,
}


def _dotted(layer: Layer) -> nn.Module:
    """Call the builder that a dotted operator name points to."""
    module_name, _, attribute = layer.operator.rpartition(".")
    try:
        builder = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"operator {layer.operator!r} cannot be imported ({error}); a dotted operator is the path of a builder "
            "(layer) -> torch.nn.Module: correct the path or install its package"
        ) from error
    module = builder(layer)
    require(
        isinstance(module, nn.Module),
        f"operator {layer.operator!r} returned a {type(module).__name__}; it must return a torch.nn.Module",
    )
    return module


@torch.no_grad()
def _initialise(module: nn.Module, rng: torch.Generator) -> None:
    """He et al. 2015 for convolutions, one and zero for batch norms, small normal weights for the classifier."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            # Fan-in, because the fan-out of a grouped convolution counts the channels of every group.
            nn.init.kaiming_normal_(part.weight, mode="fan_in", nonlinearity="relu", generator=rng)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.01, generator=rng)
            nn.init.zeros_(part.bias)


def build_operator(layer: Layer, rng: torch.Generator) -> nn.Module:
    """The module of one layer, initialised from ``rng`` alone.

    A dotted operator keeps its builder's own initialisation; what that draws from torch's global stream is seeded
    from ``rng``, and the global stream is left as it was.

    Raises:
        ConfigError: The operator is unknown, or its options, channels or stride are impossible.
    """
    dotted = "." in layer.operator
    require(
        dotted or layer.operator in OPERATORS,
        f"operator {layer.operator!r} is unknown; known are {', '.join(OPERATORS)}: use one of them, or the dotted "
        "path of a builder (layer) -> torch.nn.Module",
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(torch.randint(2**62, (), generator=rng)))
        module = _dotted(layer) if dotted else OPERATORS[layer.operator](layer)
    if not dotted:
        _initialise(module, rng)
    return module
