"""A network described without torch: a flat list of layers that any builder can turn into a module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nasray.core.errors import require

Merge = Literal["sum", "concat"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One operator of a network, or one merge of several inputs.

    Attributes:
        operator: Name in ``models/operators.py`` (``conv_bn_relu``, ``max_pool``, …) or a dotted path to a builder
            ``(layer) -> torch.nn.Module``.
        inputs: Indices of the layers it reads; -1 is the image. Several inputs are merged before the operator.
        in_channels: Channels after the merge.
        out_channels: Channels that the operator puts out.
        stride: Spatial reduction.
        merge: How several inputs become one.
        options: Further arguments of the operator (``kernel``, ``dilation``, ``groups``, …).
        stage: Where it stands, for people and for reports (``stem``, ``stage1.cell0``, …).
    """

    operator: str
    inputs: tuple[int, ...]
    in_channels: int
    out_channels: int
    stride: int = 1
    merge: Merge = "sum"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    stage: str = ""


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A whole network, in an order in which every layer follows its inputs. The last layer gives the logits.

    Attributes:
        layers: In topological order.
        input_shape: ``(C, H, W)``: channels, height, width of an image.
        n_classes: Width of the logits.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, int, int]
    n_classes: int

    def __post_init__(self) -> None:
        """Refuse a plan that reads a layer before it is computed.

        Raises:
            ConfigError: The plan is empty, or out of order.
        """
        require(len(self.layers) > 0, "a network plan needs at least one layer")
        for index, layer in enumerate(self.layers):
            late = [source for source in layer.inputs if not -1 <= source < index]
            require(
                bool(layer.inputs) and not late,
                f"layer {index} ({layer.operator}) reads {list(layer.inputs)}; it must read earlier layers, -1 = image",
            )
