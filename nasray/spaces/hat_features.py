"""Transformers of HAT's space as lists of numbers, for regressions."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nasray.spaces.hat_shape import HatShape, attended_layers

AVERAGED = (
    *("encoder_dim", "encoder_layers", "encoder_ffn", "encoder_heads"),
    *("decoder_dim", "decoder_layers", "decoder_ffn", "decoder_heads", "cross_heads", "attended"),
)
"""What the ten averaged features are, in the order of HAT's latency tables."""


def averaged_features(shape: HatShape) -> NDArray[np.float64]:
    """``(10,)`` widths, depths and means over the layers that exist, as in HAT's latency tables; not scaled."""

    def mean(numbers: Sequence[int]) -> float:
        return sum(numbers) / len(numbers)

    encoder = (shape.encoder_dim, len(shape.encoder_ffn), mean(shape.encoder_ffn), mean(shape.encoder_heads))
    decoder = (shape.decoder_dim, len(shape.decoder_ffn), mean(shape.decoder_ffn), mean(shape.decoder_heads))
    return np.array((*encoder, *decoder, mean(shape.cross_heads), mean(shape.attended)), np.float64)


def distillation_features(shape: HatShape, largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(10,)`` features of LLM-Distill-PP: the averages over the largest of the space.

    Its last feature counts a layer that attends one encoder layer as 0, those that attend two and three as 2 and 3.

    Args:
        shape: The layers.
        largest: ``(10,)`` averages of the space's largest member.
    """
    reached = [reach + 1 for reach in shape.cross_reach]
    averages = averaged_features(shape)
    averages[-1] = sum(reached) / len(reached)
    return averages / largest


def layer_features(values: Mapping[str, Sequence[int]], shape: HatShape) -> NDArray[np.float64]:
    """``(G,)`` the value of every gene over its largest, each between 0 and 1; 0 where the layer is absent.

    The authors leave widths and heads unscaled here, so that they drown the rest; this does not.

    Args:
        values: The choices of every gene by name, as ``Hat.choices`` gives them, in gene order.
        shape: The layers.
    """
    found = {
        "encoder_dims": (shape.encoder_dim,),
        "encoder_layers": (len(shape.encoder_ffn),),
        "encoder_ffn_dims": shape.encoder_ffn,
        "encoder_heads": shape.encoder_heads,
        "decoder_dims": (shape.decoder_dim,),
        "decoder_layers": (len(shape.decoder_ffn),),
        "decoder_ffn_dims": shape.decoder_ffn,
        "decoder_heads": shape.decoder_heads,
        "cross_heads": shape.cross_heads,
        "cross_reach": shape.attended,
    }
    depth = {"encoder": max(values["encoder_layers"]), "decoder": max(values["decoder_layers"])}
    features: list[float] = []
    for name, choices in values.items():
        offered = [attended_layers(one) for one in choices] if name == "cross_reach" else choices
        present = [one / max(offered) for one in found[name]]
        single = name.endswith(("_dims", "_layers")) and "ffn" not in name
        places = 1 if single else depth["encoder" if name.startswith("encoder") else "decoder"]
        features += present + [0.0] * (places - len(present))
    return np.array(features)
