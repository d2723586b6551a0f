"""The gate every proposal passes, whoever made it: one validator and one repairer per space."""

from dataclasses import replace

from nasray.core.errors import InvalidArchitecture
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace


class Gate:
    """Lets valid proposals through, repairs the others and keeps what they were.

    Args:
        space: Who validates and repairs.
        streams: The randomness of repairs, by slot.
    """

    def __init__(self, space: SearchSpace, streams: Streams) -> None:
        """Remember the space's two functions."""
        self._validate, self._repair, self._streams = space.validate, space.repair, streams

    def __call__(self, proposal: Proposal) -> Proposal:
        """``proposal`` itself when it is valid; repaired, with its raw form kept, when it is not."""
        try:
            self._validate(proposal.architecture)
        except InvalidArchitecture:
            raw = proposal.architecture
            return replace(proposal, architecture=self._repair(raw, self._streams.at(proposal.slot)), raw=raw)
        return proposal
