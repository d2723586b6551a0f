"""What a run took of a language model, in words."""

from collections.abc import Mapping
from typing import Any

from nasray.reports.metric import count, plural


def asked(told: Mapping[str, Any]) -> str:
    """One line: who answered, how often, for how much, and what could not be used.

    Args:
        told: ``language_model`` of ``result.json``.
    """
    who = f"{told['model']} ({', '.join(told['sources']) or 'never asked'})"
    money = f"{told['usd']:.4f} USD" + (f" and {count(told['unpriced'])} of unknown price" if told["unpriced"] else "")
    parts = [f"{who}: {plural(told['paid'], 'reply', 'replies')} for {money}"]
    parts.append(f"{count(told['prompt_tokens'])} tokens read, {count(told['completion_tokens'])} written")
    parts.append(f"{count(told['hits'])} from the cache")
    parts += [f"{count(n)} failed: {kind}" for kind, n in told["failures"].items()]
    parts += [f"{count(n)} refused: {kind}" for kind, n in told["refusals"].items()]
    if told["unanswered"]:
        parts.append(f"{plural(told['unanswered'], 'question')} without a usable reply, for which a stand-in was taken")
    return "; ".join(parts)
