"""HS-NAS for a study of its policies: searches of one seed that are alike so far breed the same children only once."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

import numpy as np

from nasray.strategies.hat_evolution import HatEvolution, Individual


class Remembering(HatEvolution):
    """The same search, to the bit: children are a function of their parents and of the place in a random stream."""

    bred: ClassVar[dict[Hashable, list[Individual]]] = {}

    def _offspring(self, best: Sequence[Individual], rng: np.random.Generator) -> list[Individual]:
        place = rng.bit_generator.state["state"]
        key = (*place["key"].tolist(), *place["counter"].tolist(), *(one.architecture for one in best))
        if key not in self.bred:
            self.bred[key] = super()._offspring(best, rng)
        return self.bred[key]
