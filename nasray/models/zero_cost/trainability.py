"""AZ-NAS: whether gradients cross the blocks without growing or fading."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from nasray.models.zero_cost.block_features import block_features
from nasray.models.zero_cost.subject import Subject


def trainability(subject: Subject) -> float:
    """Mean over blocks of 2 - s - 1 / s, s being the spectral norm of the block's estimated Jacobian; at most 0.

    Lee and Ham 2024, "AZ-NAS: Assembling Zero-Cost Proxies for Network Architecture Search",
    https://arxiv.org/abs/2403.19232, equations 6 to 8: random signs are sent back through a block, and the mean outer
    product of what goes in and what comes out stands for the Jacobian. Minus infinity if a block passes on what it gets
    unchanged, or nothing.
    """
    scores = [_block(entry, end, subject.rng) for entry, end in pairwise(block_features(subject))]
    return sum(scores) / len(scores) if scores else math.nan


def _block(entry: Tensor, end: Tensor, rng: torch.Generator) -> float:
    sent = torch.randint(0, 2, end.shape, generator=rng).float() * 2 - 1
    if not (entry.requires_grad and end.requires_grad):
        return -math.inf
    (arrived,) = torch.autograd.grad(end, entry, sent, retain_graph=True, allow_unused=True)
    if arrived is None or not arrived.any() or torch.equal(arrived, sent):
        return -math.inf
    if arrived.shape[2] != sent.shape[2]:  # a pixel behind the reduction answers for several in front of it
        arrived = nn.functional.pixel_unshuffle(arrived, arrived.shape[2] // sent.shape[2])
    rows_in, rows_out = (one.permute(0, 2, 3, 1).flatten(0, 2) for one in (arrived, sent))
    norm = float(torch.linalg.matrix_norm(rows_in.T @ rows_out / len(rows_out), ord=2))
    return 2.0 - norm - 1.0 / (norm + 1e-6)
