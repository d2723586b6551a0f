"""Principles that know nothing: as narrow as frequency's, drawn by lot."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from nasray.core.architecture import Architecture
from nasray.core.principles import Candidates, Principles
from nasray.core.restrictable import Restrictable
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace, need
from nasray.refiners.frequency import Frequency


@dataclass(kw_only=True)
class RandomCandidates:
    """A control: every layer keeps as many operators and sources as ``Frequency`` would keep, but any.

    What is drawn depends on the seed and on those that ``Frequency`` would keep, so that the same sources give the
    same principles.

    Args:
        space: Must offer Restrictable.
        most_operators: As ``Frequency``.
        most_sources: As ``Frequency``.
        seed: Of the draw.
    """

    space: SearchSpace
    most_operators: int
    most_sources: int
    seed: int

    def __post_init__(self) -> None:
        """Refuse what ``Frequency`` refuses."""
        self._layers = need(self.space, Restrictable, "refiner random").layer_choices()
        self._sizes = Frequency(space=self.space, most_operators=self.most_operators, most_sources=self.most_sources)

    def learn(self, sources: Sequence[Architecture]) -> Principles:
        """Draw as many as ``Frequency`` keeps."""
        return self._drawn(self._sizes.learn(sources))

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:
        """Draw again."""
        return self._drawn(self._sizes.adapt(principles, found, improved))

    def _drawn(self, like: Principles) -> Principles:
        place = blake2b(json.dumps([like.operators, like.sources]).encode(), digest_size=6).digest()
        rng = Streams(self.seed, "refiner").at(int.from_bytes(place, "little"))

        def any_of(known: Sequence[int], kept: Candidates) -> Candidates:
            pairs = zip(known, kept, strict=True)
            return tuple(tuple(sorted(rng.permutation(size)[: len(ids)].tolist())) for size, ids in pairs)

        return Principles(
            "Drawn by lot; the sources decided only how many remain.",
            any_of([len(layer.operators) for layer in self._layers], like.operators),
            any_of([len(layer.sources) for layer in self._layers], like.sources) if like.sources else (),
        )
