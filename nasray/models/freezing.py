"""Which weights of a network are trained: those of predicted units, those of batch normalization, or all."""

import re
from collections.abc import Collection
from typing import Literal

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm  # pyright: ignore[reportPrivateUsage]

from nasray.core.errors import CapabilityError, require
from nasray.core.network_plan import NetworkPlan

Mode = Literal["predicted_only", "bn_only", "full"]
MODES = ("predicted_only", "bn_only", "full")

_UNIT = re.compile(r"block(\d+)(\.|$)")


def unit_of(stage: str) -> int | None:
    """The unit that a stage names (``block3``, ``block3.branch1``); None for stem, head and cells."""
    found = _UNIT.match(stage)
    return int(found[1]) if found else None


def freeze(module: nn.Module, plan: NetworkPlan, predicted: Collection[int], mode: Mode) -> float:
    """Leave some weights trainable, as GPT-NAS does to save time (arXiv 2305.05351, acceleration strategy).

    ``predicted_only``: the weights of predicted units; where nothing with weights was predicted, as ``bn_only``.
    ``bn_only``: scales and shifts of batch normalization; where there is none, all weights. ``full``: all. The last
    layer of the plan, which gives the logits, is always trained (the paper is silent on it). Running statistics follow
    the images everywhere.

    Args:
        module: The network of ``plan``, changed in place.
        plan: Its layers; those of unit u have the stage ``block{u}``, or one that begins with ``block{u}.``.
        predicted: Units that a generator predicted.
        mode: The rule.

    Returns:
        The share of all weights that are trained, 0 to 1.

    Raises:
        CapabilityError: Units were predicted, and the plan does not say which layers are theirs.
    """
    names = [name for name, _ in module.named_parameters()]
    chosen = _of_units(names, plan, predicted) if mode == "predicted_only" and predicted else set[str]()
    if not chosen and mode != "full":
        chosen = _of_normalization(module)
    trained = chosen | {name for name in names if _layer_of(name) == len(plan.layers) - 1} if chosen else set(names)
    for name, weight in module.named_parameters():
        weight.requires_grad_(name in trained)
    sizes = {name: weight.numel() for name, weight in module.named_parameters()}
    return sum(sizes[name] for name in trained) / max(1, sum(sizes.values()))


def _of_units(names: Collection[str], plan: NetworkPlan, predicted: Collection[int]) -> set[str]:
    units = [unit_of(layer.stage) for layer in plan.layers]
    require(
        any(unit is not None for unit in units),
        f"training only the predicted units {sorted(predicted)} needs a plan whose stages name them (block0, block1, "
        f"…), but this one has {', '.join(sorted({layer.stage for layer in plan.layers}))}; set "
        "acceleration.mode=bn_only or full, or choose a space of chains",
        CapabilityError,
    )
    return {name for name in names if units[_layer_of(name)] in predicted}


def _of_normalization(module: nn.Module) -> set[str]:
    return {
        f"{path}.{name}"
        for path, part in module.named_modules()
        if isinstance(part, _BatchNorm)
        for name, _ in part.named_parameters(recurse=False)
    }


def _layer_of(name: str) -> int:
    """The layer of a weight: ``models.network`` names it ``operators.INDEX.…``."""
    return int(name.split(".")[1])
