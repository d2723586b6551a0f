"""What one model took."""

from collections.abc import Mapping
from typing import NamedTuple


class LedgerRow(NamedTuple):
    """Totals of one model.

    Attributes:
        model: Its name.
        paid: Replies that came.
        hits: Replies that were there, or were shared.
        failed: Attempts without a reply.
        lost: Calls during which the process died.
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written.
        usd: What it cost, as far as prices are known; None where none is.
        unpriced: Calls whose price is unknown.
        mean_latency_seconds: Of paid replies.
        failures: Kind -> how many.
    """

    model: str
    paid: int
    hits: int
    failed: int
    lost: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    unpriced: int
    mean_latency_seconds: float
    failures: Mapping[str, int]
