"""A module that runs the layers of a NetworkPlan."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer, NetworkPlan


@dataclass(frozen=True, slots=True)
class _Step:
    """One layer to run: what it reads, and which values nobody reads after it."""

    index: int
    layer: Layer
    inputs: tuple[int, ...]
    spent: tuple[int, ...]


def _inputs(plan: NetworkPlan, layer: Layer) -> tuple[int, ...]:
    """What a layer must read: a zero adds nothing to a sum, unless there is nothing else to give it its shape."""
    if layer.merge == "concat":
        return layer.inputs
    useful = tuple(source for source in layer.inputs if source < 0 or plan.layers[source].operator != "zero")
    return useful or layer.inputs[:1]


def _steps(plan: NetworkPlan) -> list[_Step]:
    """The layers the logits depend on, in order; read backwards, so that the first reader seen is the last one."""
    wanted = {len(plan.layers) - 1}
    steps: list[_Step] = []
    for index in reversed(range(len(plan.layers))):
        if index in wanted:
            layer = plan.layers[index]
            inputs = _inputs(plan, layer)
            steps.append(_Step(index, layer, inputs, tuple(set(inputs) - wanted)))
            wanted.update(inputs)
    return steps[::-1]


def _sum(values: Sequence[Tensor], layer: Layer) -> Tensor:
    total = values[0]
    for value in values[1:]:
        if value.shape != total.shape:  # torch would broadcast (B, C, 1, 1) without a word
            raise ConfigError(
                f"layer {layer.operator} ({layer.stage}) sums inputs of shapes {tuple(total.shape)} and "
                f"{tuple(value.shape)}; they must be equal: correct the strides on the way to it"
            )
        total = total + value
    return total


class Network(nn.Module):
    """Runs a plan: merges the inputs of each layer, applies its operator, and drops what nobody reads any more.

    Args:
        plan: The layers.
        operators: One module a layer.
    """

    def __init__(self, plan: NetworkPlan, operators: Sequence[nn.Module]) -> None:
        super().__init__()
        self.operators = nn.ModuleList(operators)
        self._steps = _steps(plan)

    def forward(self, x_BCHW: Tensor) -> Tensor:  # noqa: N803
        """``(B, n_classes)`` logits of B images.

        Raises:
            ConfigError: Inputs of a sum differ in shape.
        """
        values = {-1: x_BCHW}
        for step in self._steps:
            inputs = [values[source] for source in step.inputs]
            merged = torch.cat(inputs, 1) if step.layer.merge == "concat" else _sum(inputs, step.layer)
            for source in step.spent:
                del values[source]
            del inputs
            values[step.index] = self.operators[step.index](merged)
        return values[self._steps[-1].index]
