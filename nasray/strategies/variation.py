"""Mutation gene by gene, in any space."""

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture
from nasray.core.space import SearchSpace

MOST_TRIES = 20
"""How often genes are drawn again when no member comes of them."""


def resampled(space: SearchSpace, parent: Architecture, probability: float, rng: np.random.Generator) -> Architecture:
    """``parent`` with every gene drawn anew with a probability, as a random member has it; it may come out the same.

    Where that makes no member time and again, since genes hang together, it is a neighbour of the parent.
    """
    for _ in range(MOST_TRIES):
        donor = space.sample(rng).genes
        chosen = (rng.random(len(parent.genes)) < probability).tolist()
        pairs = zip(parent.genes, (*donor, *parent.genes[len(donor) :]), chosen, strict=False)
        child = Architecture(tuple([new if anew else old for old, new, anew in pairs]))
        try:
            space.validate(child)
        except InvalidArchitecture:
            continue
        return child
    return space.mutate(parent, rng)
