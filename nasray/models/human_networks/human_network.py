"""A network made by people, written down with our own blocks."""

from collections.abc import Callable
from dataclasses import dataclass

from nasray.core.errors import require
from nasray.core.network_plan import NetworkPlan
from nasray.models.layer_corpus import BlockLayers, NetworkLayers
from nasray.models.layer_stack import HEAD, LayerStack
from nasray.models.plan_layers import layers_by_stage

N_CLASSES = 1000
"""ImageNet's, for which the networks were published."""


@dataclass(frozen=True, slots=True)
class HumanNetwork:
    """A published network.

    Departures from the papers, none of which changes a weight: no drop-out, no stochastic depth, no auxiliary
    classifiers, and convolutions of stride s make n pixels into ceil(n / s) everywhere.

    Attributes:
        name: ``resnet50``, …
        family: ``ResNet``, …: the paper that published it.
        pixels: Height and width of the images for which it was published.
        append: Adds its blocks to a stack; the head is added here.
        pooled: Whether its last block is the mean over all pixels.
    """

    name: str
    family: str
    pixels: int
    append: Callable[[LayerStack], None]
    pooled: bool = False

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(C, H, W)`` of the images for which it was published."""
        return 3, self.pixels, self.pixels

    def plan(self, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """The network for images of ``input_shape`` = (C, H, W); block i has the stage ``block{i}``.

        Raises:
            ConfigError: An image without pixels, or no classes.
        """
        return self._stack(input_shape, n_classes).finish(n_classes, self.pooled)

    def layers(self, input_shape: tuple[int, int, int]) -> NetworkLayers:
        """Every block with its layers, without the head."""
        stack = self._stack(input_shape, N_CLASSES)
        stages = layers_by_stage(stack.finish(N_CLASSES, self.pooled))
        layers = [tuple(found) for stage, found in stages.items() if stage != HEAD]
        blocks = (BlockLayers(block, found) for block, found in zip(stack.blocks, layers, strict=True))
        return NetworkLayers(self.name, self.family, tuple(blocks))

    def _stack(self, input_shape: tuple[int, int, int], n_classes: int) -> LayerStack:
        require(
            min(*input_shape, n_classes) >= 1,
            f"{self.name} cannot build block 0 for images of shape {input_shape} and {n_classes} classes: all must be "
            "at least 1",
        )
        stack = LayerStack(input_shape)
        self.append(stack)
        return stack
