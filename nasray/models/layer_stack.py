"""The layers of a NetworkPlan while it is being written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nasray.core.network_plan import Layer, Merge, NetworkPlan

HEAD = "head"


@dataclass
class LayerStack:
    """Appends layers one after the other, and remembers which block each belongs to.

    Lifecycle: ``begin`` a block, ``add`` its layers, and so on; ``finish`` once.

    Attributes:
        input_shape: ``(C, H, W)`` of an image.
        layers: So far.
        blocks: Type of every block so far; the layers of block i have the stage ``block{i}``.
    """

    input_shape: tuple[int, int, int]
    layers: list[Layer] = field(default_factory=list[Layer])
    blocks: list[str] = field(default_factory=list[str])

    @property
    def last(self) -> int:
        """The layer that was added last; -1, the image, when there is none."""
        return len(self.layers) - 1

    def begin(self, block: str) -> None:
        """The layers that follow belong to a new block of this type."""
        self.blocks.append(block)

    def channels(self, index: int) -> int:
        """Channels that a layer puts out."""
        return self.layers[index].out_channels if index >= 0 else self.input_shape[0]

    def add(
        self,
        operator: str,
        inputs: int | Sequence[int],
        out_channels: int | None = None,
        stride: int = 1,
        merge: Merge = "sum",
        **options: Any,
    ) -> int:
        """Append a layer behind ``inputs``; without ``out_channels`` it keeps their number.

        Returns:
            Its index.
        """
        sources = (inputs,) if isinstance(inputs, int) else tuple(inputs)
        widths = [self.channels(source) for source in sources]
        read = sum(widths) if merge == "concat" else widths[0]
        written = read if out_channels is None else out_channels
        stage = f"block{len(self.blocks) - 1}"
        self.layers.append(Layer(operator, sources, read, written, stride, merge, options, stage))
        return self.last

    def finish(self, n_classes: int, pooled: bool = False) -> NetworkPlan:
        """The plan: mean over the pixels, unless it was ``pooled`` already, and a linear classifier."""
        width = self.channels(self.last)
        if not pooled:
            self.layers.append(Layer("global_avg_pool", (self.last,), width, width, stage=HEAD))
        self.layers.append(Layer("linear", (self.last,), width, n_classes, stage=HEAD))
        return NetworkPlan(tuple(self.layers), self.input_shape, n_classes)
