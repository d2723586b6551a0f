"""Why a reply is not what was asked for."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """A counted failure of one reply.

    Attributes:
        kind: One word for tallies.
        reason: A sentence for the model and for people.
    """

    kind: str
    reason: str
