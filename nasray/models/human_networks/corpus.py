"""The networks of people as layer sequences: what GPT-NAS is fine-tuned on."""

from collections.abc import Sequence

from nasray.models.human_networks.efficientnets import efficientnets
from nasray.models.human_networks.googlenet import googlenet
from nasray.models.human_networks.human_network import HumanNetwork
from nasray.models.human_networks.regnets import regnets
from nasray.models.human_networks.resnets import resnets
from nasray.models.human_networks.shufflenets import shufflenets
from nasray.models.layer_corpus import NetworkLayers


def human_networks() -> Sequence[HumanNetwork]:
    """The paper's 36: EfficientNet 8, GoogLeNet, RegNet 14, ResNet 5, ResNeXt 2, Wide ResNet 2, ShuffleNet 4."""
    return [*efficientnets(), googlenet(), *regnets(), *resnets(), *shufflenets()]


def human_corpus(input_shape: tuple[int, int, int] | None = None) -> Sequence[NetworkLayers]:
    """The layers of the 36 networks, block by block.

    Args:
        input_shape: ``(C, H, W)`` of the images; None for those for which each network was published.

    Raises:
        ConfigError: An image without pixels or channels.
    """
    return [one.layers(input_shape or one.input_shape) for one in human_networks()]
