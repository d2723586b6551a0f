"""Which members of a supernet an update trains."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nasray.models.hat_dimensions import HatDimensions
from nasray.models.supernet_recipe import SupernetRecipe

Members = Callable[[np.random.Generator], Sequence[HatDimensions]]
"""The members of one update, drawn from a generator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Extreme:
    """See HatDimensions."""

    encoder_dim: int
    encoder_ffn: tuple[int, ...]
    encoder_heads: tuple[int, ...]
    decoder_dim: int
    decoder_ffn: tuple[int, ...]
    decoder_heads: tuple[int, ...]
    cross_heads: tuple[int, ...]
    attended: tuple[int, ...]


def extreme(choices: Mapping[str, Sequence[int]], pick: Callable[[Sequence[int]], int]) -> HatDimensions:
    """The member that has ``pick``, ``max`` or ``min``, of every list in every layer.

    Args:
        choices: Of the space, by the names of ``Hat.choices``.
        pick: Which number of a list.
    """
    x, y = pick(choices["encoder_layers"]), pick(choices["decoder_layers"])
    attended = [1 if reach == -1 else reach + 1 for reach in choices["cross_reach"]]
    return _Extreme(
        encoder_dim=pick(choices["encoder_dims"]),
        encoder_ffn=(pick(choices["encoder_ffn_dims"]),) * x,
        encoder_heads=(pick(choices["encoder_heads"]),) * x,
        decoder_dim=pick(choices["decoder_dims"]),
        decoder_ffn=(pick(choices["decoder_ffn_dims"]),) * y,
        decoder_heads=(pick(choices["decoder_heads"]),) * y,
        cross_heads=(pick(choices["cross_heads"]),) * y,
        attended=(pick(attended),) * y,
    )


def members_of(
    choices: Mapping[str, Sequence[int]],
    sample: Callable[[np.random.Generator], HatDimensions],
    recipe: SupernetRecipe,
) -> Members:
    """One random member an update, or a sandwich: the widest, the narrowest and some random ones.

    Yu and Huang 2019, "Universally Slimmable Networks and Improved Training Techniques",
    https://arxiv.org/abs/1903.05134, section 3.2.

    Departures from the paper: all learn from the data; none is distilled from the widest.

    Args:
        choices: Of the space, by the names of ``Hat.choices``.
        sample: Draws a member of the space.
        recipe: Says which, and how many.
    """
    if recipe.sampling == "uniform":
        return lambda rng: (sample(rng),)
    ends = (extreme(choices, max), extreme(choices, min))
    return lambda rng: (*ends, *(sample(rng) for _ in range(recipe.sandwich_members)))
