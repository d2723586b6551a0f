"""How a network writes translations: the best word at a time, or the best few sentences at a time.

Suffixes: B sentences, K beams of each, V words, S source tokens.
"""

import math

import torch
from torch import Tensor

from nasray.core.errors import require
from nasray.models.hat_layers import KeysValues
from nasray.models.hat_transformer import BEGIN, END, PAD, HatTransformer, Memory

_ROOM = 2
_SPARE = 10
"""A translation has at most twice the tokens of its source, and ten more."""


@torch.no_grad()
def translate(network: HatTransformer, source_BS: Tensor, beams: int, length_penalty: float) -> list[list[int]]:  # noqa: N803
    """The best translation of each sentence that a beam search finds, as ids without BEGIN and END.

    A sentence that has ended keeps its place among the beams until ``beams`` others are better, by the sum of
    log-probabilities; in the end they are compared by that sum over (length ** ``length_penalty``), END included. Keys
    and values of earlier tokens are kept, not computed again.

    Args:
        network: In evaluation mode.
        source_BS: Sentences, END behind each, then PAD.
        beams: K; 1 takes the best word each time.
        length_penalty: 0 favours short sentences, 1 compares means.

    Raises:
        ConfigError: ``beams`` is below 1.
    """
    require(beams >= 1, f"translate beams ({beams}) must be at least 1; 1 takes the best word each time")
    n = len(source_BS)
    memory = _repeated(network.encode(source_BS), beams)
    tokens = torch.full((n * beams, 1), BEGIN, device=source_BS.device)
    scores_BK = torch.full((n, beams), -math.inf, device=source_BS.device)  # noqa: N806
    scores_BK[:, 0] = 0.0  # all beams start alike: only one of them may be continued
    past: list[KeysValues] | None = None
    for _ in range(_ROOM * source_BS.shape[1] + _SPARE):
        logits, past = network.decode(tokens[:, -1:], memory, past)
        chosen, words, scores_BK = _best(logits[:, -1], tokens[:, -1], scores_BK)  # noqa: N806
        tokens = torch.cat((tokens[chosen], words[:, None]), 1)
        past = [KeysValues(one.keys[chosen], one.values[chosen]) for one in past]
        if bool(((words == END) | (words == PAD)).all()):
            break
    return _winners(tokens[:, 1:], scores_BK, length_penalty)


def _repeated(memory: Memory, beams: int) -> Memory:
    """Every sentence once for each of its beams."""
    return Memory(
        tuple(
            KeysValues(one.keys.repeat_interleave(beams, 0), one.values.repeat_interleave(beams, 0))
            for one in memory.read
        ),
        tuple(one.repeat_interleave(beams, 0) for one in memory.seen),
    )


def _best(logits: Tensor, last: Tensor, scores_BK: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # noqa: N803
    """Which of B x K beams go on, with which word, and their scores."""
    n, beams = scores_BK.shape
    gains = logits.log_softmax(-1)
    gains[:, [PAD, BEGIN]] = -math.inf
    ended = (last == END) | (last == PAD)
    gains[ended] = -math.inf
    gains[ended, PAD] = 0.0
    n_words = gains.shape[-1]
    totals = (scores_BK[:, :, None] + gains.view(n, beams, n_words)).flatten(1)
    scores, places = totals.topk(beams)
    first = torch.arange(n, device=places.device)[:, None] * beams
    return (first + places // n_words).flatten(), (places % n_words).flatten(), scores


def _winners(tokens: Tensor, scores_BK: Tensor, length_penalty: float) -> list[list[int]]:  # noqa: N803
    """The best beam of each sentence; where some have ended, one of those."""
    n, beams = scores_BK.shape
    written = tokens != PAD
    ended = (tokens == END).any(1).view(n, beams)
    means = scores_BK / written.sum(1).clamp(min=1).view(n, beams) ** length_penalty
    means = means.masked_fill(ended.any(1, keepdim=True) & ~ended, -math.inf)
    best = means.argmax(1) + torch.arange(n, device=tokens.device) * beams
    return [[token for token in row if token not in (PAD, END)] for row in tokens[best].tolist()]
