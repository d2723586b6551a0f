"""From a NetworkPlan to its primitive layers, each with its properties, without building anything."""

from collections.abc import Callable, Mapping, Sequence

from nasray.core.errors import ConfigError
from nasray.core.layer_properties import LayerProperties, Size
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.layer_tape import LayerTape


def _conv(layer: Layer, tape: LayerTape) -> None:
    options = layer.options
    tape.conv(
        layer.out_channels,
        options.get("kernel", 3),
        layer.stride,
        options.get("dilation", 1),
        options.get("groups", 1),
    )


def _conv_bn(layer: Layer, tape: LayerTape) -> None:
    _conv(layer, tape)
    tape.other("batch_norm")


def _conv_bn_relu(layer: Layer, tape: LayerTape) -> None:
    _conv_bn(layer, tape)
    tape.other("relu")


def _conv_bn_silu(layer: Layer, tape: LayerTape) -> None:
    _conv_bn(layer, tape)
    tape.other("silu")


def _relu_conv_bn(layer: Layer, tape: LayerTape) -> None:
    tape.other("relu")
    _conv_bn(layer, tape)


def _bn(layer: Layer, tape: LayerTape) -> None:  # noqa: ARG001 -- the size on the tape says it all
    tape.other("batch_norm")


def _relu(layer: Layer, tape: LayerTape) -> None:  # noqa: ARG001
    tape.other("relu")


def _bn_relu(layer: Layer, tape: LayerTape) -> None:
    _bn(layer, tape)
    _relu(layer, tape)


def _depthwise(layer: Layer, tape: LayerTape, width: int, stride: int, dilation: int) -> None:
    channels = layer.in_channels
    tape.other("relu")
    tape.conv(channels, layer.options.get("kernel", 3), stride, dilation, channels)
    tape.conv(width, 1)
    tape.other("batch_norm")


def _sep_conv(layer: Layer, tape: LayerTape) -> None:
    _depthwise(layer, tape, layer.in_channels, layer.stride, 1)
    _depthwise(layer, tape, layer.out_channels, 1, 1)


def _dil_conv(layer: Layer, tape: LayerTape) -> None:
    _depthwise(layer, tape, layer.out_channels, layer.stride, layer.options.get("dilation", 2))


def _factorized_reduce(layer: Layer, tape: LayerTape) -> None:
    """The second convolution reads what the first one reads, a pixel further."""
    tape.other("relu")
    read, half = tape.size, layer.out_channels // 2
    tape.conv(half, 1, 2)
    tape.size = read
    tape.conv(layer.out_channels - half, 1, 2)
    tape.size = (layer.out_channels, *tape.size[1:])
    tape.other("concat", half, layer.out_channels - half)
    tape.other("batch_norm")


def _truncate(layer: Layer, tape: LayerTape) -> None:
    tape.other("slice", 0, layer.out_channels, out_size=(layer.out_channels, *tape.size[1:]))


def _keep_last(layer: Layer, tape: LayerTape) -> None:
    first = layer.in_channels - layer.out_channels
    tape.other("slice", first, layer.in_channels, out_size=(layer.out_channels, *tape.size[1:]))


def _channel_shuffle(layer: Layer, tape: LayerTape) -> None:
    tape.other("channel_shuffle", layer.options.get("groups", 2))


def _squeeze_excitation(layer: Layer, tape: LayerTape) -> None:
    full = tape.size
    tape.mean()
    tape.conv(layer.options.get("squeeze", 1), 1, bias=True)
    tape.other("silu" if layer.options.get("silu", 0) else "relu")
    tape.conv(layer.out_channels, 1, bias=True)
    tape.other("sigmoid")
    tape.size = full
    tape.other("multiply")


def _max_pool(layer: Layer, tape: LayerTape) -> None:
    tape.pool("max", layer.options.get("kernel", 3), layer.stride)


def _avg_pool(layer: Layer, tape: LayerTape) -> None:
    tape.pool("avg", layer.options.get("kernel", 3), layer.stride)


def _avg_pool_conv(layer: Layer, tape: LayerTape) -> None:
    tape.pool("avg", 2, 2)
    tape.conv(layer.out_channels, 1)


def _identity(layer: Layer, tape: LayerTape) -> None:
    """Where it only gathers several inputs, the merge has said so already."""
    if len(layer.inputs) == 1:
        tape.other("identity")


def _unnamed(layer: Layer, tape: LayerTape) -> None:
    """``zero``, or an operator from elsewhere: its own name and the size that a stride leaves."""
    pixels = (-(-tape.size[1] // layer.stride), -(-tape.size[2] // layer.stride))
    tape.other(layer.operator, out_size=(layer.out_channels, *pixels))


def _global_avg_pool(layer: Layer, tape: LayerTape) -> None:  # noqa: ARG001
    tape.mean()


def _linear(layer: Layer, tape: LayerTape) -> None:
    tape.linear(layer.out_channels)


_WRITERS: Mapping[str, Callable[[Layer, LayerTape], None]] = {
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
    "zero": _unnamed,
    "global_avg_pool": _global_avg_pool,
    "linear": _linear,
}
"""Operator of ``models/operators.py`` -> its primitive layers."""


def _merged(layer: Layer, sizes: Sequence[Size], tape: LayerTape) -> None:
    """What several inputs become."""
    if len(sizes) == 1:
        return
    if layer.merge == "concat":
        tape.size = (sum(size[0] for size in sizes), *tape.size[1:])
        tape.other("concat", *(size[0] for size in sizes))
    else:
        tape.other("add", len(sizes))


def staged_layers(plan: NetworkPlan) -> Sequence[tuple[str, LayerProperties]]:
    """Every primitive layer of a plan with the stage it belongs to, in the plan's order; ids count from 0.

    Raises:
        ConfigError: Layers that do not fit together, or an operator that is not known and has no dotted name.
    """
    sizes: list[Size] = []
    found: list[tuple[str, LayerProperties]] = []
    for index, layer in enumerate(plan.layers):
        read = [plan.input_shape if source < 0 else sizes[source] for source in layer.inputs]
        who = f"layer {index} of the plan ({layer.operator}, {layer.stage or 'no stage'})"
        if len({size[1:] if layer.merge == "concat" else size for size in read}) > 1:
            raise ConfigError(f"{who} merges inputs of sizes {read}; correct the strides and widths on the way to it")
        if layer.operator not in _WRITERS and "." not in layer.operator:
            raise ConfigError(f"{who} has an operator without primitive layers; use one of {', '.join(_WRITERS)}")
        tape = LayerTape(read[0], len(found))
        try:
            _merged(layer, read, tape)
            _WRITERS.get(layer.operator, _unnamed)(layer, tape)
        except ConfigError as error:
            raise ConfigError(f"{who} reads {read[0]}: {error}") from error
        sizes.append(tape.size)
        found += [(layer.stage, one) for one in tape.layers]
    return found


def layers_by_stage(plan: NetworkPlan) -> Mapping[str, Sequence[LayerProperties]]:
    """The primitive layers of every stage, stages in the order in which they begin."""
    stages: dict[str, list[LayerProperties]] = {}
    for stage, layer in staged_layers(plan):
        stages.setdefault(stage, []).append(layer)
    return stages
