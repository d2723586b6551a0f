"""What one run has taken of a language model."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(kw_only=True)
class Tally:
    """Totals of a run, all its processes together.

    Attributes:
        sources: Who answered; the fake says ``fake`` here.
        paid: Replies that came from the model.
        hits: Replies that were there, or were shared.
        prompt_tokens: Read for paid replies.
        completion_tokens: Written for paid replies.
        usd: What paid replies cost, as far as prices are known.
        unpriced: Paid replies whose price is unknown.
        failures: Kind -> requests that brought no reply, retries included.
        refusals: Kind -> replies that could not be used.
        unanswered: Questions that brought no usable reply, re-asks included.
    """

    sources: list[str] = field(default_factory=list[str])
    paid: int = 0
    hits: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0
    failures: dict[str, int] = field(default_factory=dict[str, int])
    refusals: dict[str, int] = field(default_factory=dict[str, int])
    unanswered: int = 0

    def count(self, event: Mapping[str, Any]) -> None:
        """One more event, as ``TalliedModel`` writes it."""
        match event["what"]:
            case "reply":
                self._reply(event)
            case "failed":
                _add(self.failures, event["kind"])
            case "refused":
                _add(self.refusals, event["kind"])
            case _:
                self.unanswered += 1

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    def _reply(self, event: Mapping[str, Any]) -> None:
        if event["source"] not in self.sources:
            self.sources.append(event["source"])
        if event["hit"]:
            self.hits += 1
            return
        self.paid += 1
        self.prompt_tokens += event["prompt_tokens"]
        self.completion_tokens += event["completion_tokens"]
        self.usd += event["usd"] or 0.0
        self.unpriced += event["usd"] is None


def _add(counts: dict[str, int], kind: str) -> None:
    counts[kind] = counts.get(kind, 0) + 1


def read_tally(path: Path) -> Tally:
    """The totals of a run's file; nothing where it asked nothing. A line that a crash tore is passed over."""
    tally = Tally()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        tally.count(event)
    return tally
