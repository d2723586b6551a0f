"""The gate every proposal passes, whoever made it: one validator and one repairer per space."""

from collections.abc import Sequence

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace

LARGEST = 2**53
"""The largest integer that every reader of JSON keeps exact; a raw gene beyond it is recorded as this."""


class Gate:
    """Lets valid proposals through, repairs the others and keeps what they were.

    Args:
        space: Who validates and repairs.
        streams: The randomness of repairs, by slot.
    """

    def __init__(self, space: SearchSpace, streams: Streams) -> None:
        """Remember the space's two functions."""
        self._validate, self._repair, self._streams = space.validate, space.repair, streams

    def passed(self, proposals: Sequence[Proposal]) -> Sequence[Proposal]:
        """``proposals`` themselves when all are valid; else those that are not repaired, with their raw form kept."""
        try:
            for proposal in proposals:
                self._validate(proposal.architecture)
        except InvalidArchitecture:
            return [self._mended(proposal) for proposal in proposals]
        return proposals

    def _mended(self, proposal: Proposal) -> Proposal:
        raw = proposal.architecture
        try:
            self._validate(raw)
        except InvalidArchitecture:
            mended = self._repair(raw, self._streams.at(proposal.slot))
            writable = Architecture(tuple([max(-LARGEST, min(gene, LARGEST)) for gene in raw.genes]))
            return proposal._replace(architecture=mended, raw=writable)
        return proposal
