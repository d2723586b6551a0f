"""The control that knows nothing: what is eliminated is drawn as the space draws."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.space import SearchSpace
from nasray.generators.proposing import check_share, proposed
from nasray.generators.units import Units


@dataclass(kw_only=True)
class Uniform:
    """Rebuilds an eliminated unit as a random member of the space has it in that place.

    The control of GPT-NAS (https://arxiv.org/abs/2305.05351) for what elimination alone does: the same walk, the
    blocks drawn uniformly.

    Args:
        space: Must offer Chained, and LayerView or TokenView.
        share: Chance of each unit of a context member to be rebuilt in ``propose``, 0 to 1.

    Raises:
        CapabilityError: The space has no units.
        ConfigError: The share is none.
    """

    space: SearchSpace
    share: float
    _units: Units = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the units."""
        check_share(self.share, "generator uniform")
        self._units = Units(self.space, "generator uniform")

    def propose(self, context: Sequence[Architecture], n: int, rng: np.random.Generator) -> Sequence[Architecture]:
        """Context members partly drawn anew; without context, random members."""
        return proposed(self, self._samples, self._units, context, n, self.share, rng)

    def rebuild(
        self,
        architectures: Sequence[Architecture],
        eliminated: Sequence[Sequence[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> Sequence[Architecture]:
        """Each architecture with its eliminated units as a random member has them, that of a shorter one repeated."""
        rebuilt: list[Architecture] = []
        for architecture, mask, rng in zip(architectures, eliminated, rngs, strict=True):
            random = self._units.of(self.space.sample(rng))
            units = zip(self._units.of(architecture), mask, strict=True)
            mixed = [random[place % len(random)] if gone else unit for place, (unit, gone) in enumerate(units)]
            rebuilt.append(self._units.architecture(mixed))
        return rebuilt

    def _samples(self, rngs: Sequence[np.random.Generator]) -> Sequence[Architecture]:
        return [self.space.sample(rng) for rng in rngs]
