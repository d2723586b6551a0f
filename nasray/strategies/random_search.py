"""The baseline every method must beat."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace


@dataclass(kw_only=True)
class RandomSearch:
    """Independent samples of the space, with replacement.

    Li and Talwalkar 2019, "Random Search and Reproducibility for Neural Architecture Search",
    https://arxiv.org/abs/1902.07638.

    Args:
        space: Where to sample.
    """

    space: SearchSpace

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """One sample a slot."""
        return [Proposal(slot, self.space.sample(streams.at(slot))) for slot in slots]

    def tell(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Nothing was learnt."""
