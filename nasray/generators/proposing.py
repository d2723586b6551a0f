"""Proposals by a generator that can write and rebuild."""

from collections.abc import Callable, Sequence

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.predictor import Rebuilder
from nasray.generators.units import Units
from nasray.generators.writer import spawned

Compose = Callable[[Sequence[np.random.Generator]], Sequence[Architecture]]


def check_share(share: float, who: str) -> None:
    """Refuse what is no share.

    Raises:
        ConfigError: It is not between 0 and 1.
    """
    require(0 <= share <= 1, f"{who} share ({share}) must be between 0 (change nothing) and 1 (rebuild everything)")


def proposed(
    rebuilder: Rebuilder,
    compose: Compose,
    units: Units,
    context: Sequence[Architecture],
    n: int,
    share: float,
    rng: np.random.Generator,
) -> list[Architecture]:
    """``n`` members of ``context``, each with about ``share`` of its units rebuilt; without context, new ones.

    Args:
        rebuilder: Rebuilds.
        compose: Writes new ones, one for each generator of random numbers.
        units: Counts the units of a member.
        context: Good architectures.
        n: How many.
        share: Chance of each unit to be eliminated.
        rng: Random numbers.
    """
    rngs = spawned(rng, n)
    if not context:
        return list(compose(rngs))
    chosen = [context[int(one.random() * len(context))] for one in rngs]
    masks = [(one.random(len(units.of(member))) < share).tolist() for member, one in zip(chosen, rngs, strict=True)]
    return list(rebuilder.rebuild(chosen, masks, rngs))
