"""One line of the ledger."""

from typing import Literal, NamedTuple

Status = Literal["paid", "hit", "joined", "failed", "lost"]


class LedgerEntry(NamedTuple):
    """What came of one request or of one attempt at it.

    Attributes:
        at: Seconds since 1970.
        key: Of the request.
        prompt_hash: Of its conversation.
        model: Who was asked.
        source: Who answered, or would have.
        status: ``paid``: a reply came. ``hit``: it was there. ``joined``: shared with one who asked at the same time.
            ``failed``: an attempt without a reply. ``lost``: the process died before the reply came; charged at the
            most it could have cost.
        prompt_tokens: Tokens read; 0 when nothing was paid.
        completion_tokens: Tokens written; likewise.
        usd: What it cost; None where the price is unknown.
        latency_seconds: How long it took.
        reason: The kind of failure.
    """

    at: float
    key: str
    prompt_hash: str
    model: str
    source: str
    status: Status
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = 0.0
    latency_seconds: float = 0.0
    reason: str = ""
