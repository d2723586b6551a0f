"""The operators that a cell of one's own may put on its edges, and the options that each knows.

They are those of ``nasray/models/operators.py`` that keep the size of the image; a test holds the two together. Said
here once more because a space is built where torch is not loaded.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nasray.core.errors import require

_CONVOLUTION = ("kernel", "dilation", "groups")
CELL_OPERATORS: Mapping[str, Sequence[str]] = {
    "identity": (),
    "zero": (),
    "relu": (),
    "bn": (),
    "bn_relu": (),
    "conv": _CONVOLUTION,
    "conv_bn": _CONVOLUTION,
    "conv_bn_relu": _CONVOLUTION,
    "conv_bn_silu": _CONVOLUTION,
    "relu_conv_bn": _CONVOLUTION,
    "sep_conv": ("kernel",),
    "dil_conv": ("kernel", "dilation"),
    "max_pool": ("kernel",),
    "avg_pool": ("kernel",),
    "channel_shuffle": ("groups",),
    "squeeze_excitation": ("squeeze", "silu"),
}
"""Operator -> its options."""


_GROUPS = {"channel_shuffle": 2}
"""Operator -> its groups where none are set; of the others it is one."""


def check_operator(name: str, setting: Mapping[str, Any], channels: int) -> None:
    """Refuse an operator of a cell space that cannot be built.

    Args:
        name: What the space calls it.
        setting: ``operator``, perhaps ``description``, and the operator's options.
        channels: Width of the first stage; those of the others are multiples of it.

    Raises:
        ConfigError: What is wrong, and what to write instead.
    """
    who = f"CellSpace operator {name!r}"
    operator = setting.get("operator")
    require(
        isinstance(operator, str) and ("." in operator or operator in CELL_OPERATORS),
        f"{who} names the operator {operator!r}, which is unknown; use one of {', '.join(CELL_OPERATORS)}, or the "
        "dotted path of a builder (layer) -> torch.nn.Module",
    )
    options = set(setting) - {"operator", "description"}
    known = CELL_OPERATORS.get(str(operator))
    require(
        known is None or options <= set(known),
        f"{who} ({operator}) has the options {sorted(options)}; it knows {sorted(known or ())}: remove or rename",
    )
    for option in ("kernel", "dilation", "groups", "squeeze") if known else ():
        _check_size(who, option, setting.get(option, 1))
    groups = setting.get("groups", _GROUPS.get(str(operator), 1)) if known else 1
    require(
        channels % groups == 0,
        f"{who} groups ({groups}) must divide the {channels} channels of the first stage: choose one of "
        f"{', '.join(str(one) for one in range(1, channels + 1) if channels % one == 0)}, or other channels",
    )
    description = setting.get("description")
    require(
        description is None or set(description) == {"short", "medium", "long"},
        f"{who} has a description with {sorted(description or ())}; it needs short, medium and long, or leave it out",
    )


def _check_size(who: str, option: str, value: Any) -> None:
    """Refuse a size without pixels or channels, and a kernel without a centre: an edge keeps the size of the image."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    require(
        whole and (option != "kernel" or value % 2 == 1),
        f"{who} {option} ({value!r}) must be {'an odd' if option == 'kernel' else 'a'} whole number of at least 1, "
        f"e.g. {option}: {3 if option == 'kernel' else 1}",
    )
