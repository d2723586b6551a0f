"""What of a graph carries data: nodes that pass nothing on are taken out, nodes that change nothing become edges."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class DataFlow(NamedTuple):
    """A graphs as a model reads them.

    Attributes:
        mixture: ``(A, N, K)`` shares of operators; a node's sum is how much of it is there.
        adjacency: ``(A, N, N)`` edges from row to column.
        connected: ``(A,)`` how much of the output the input reaches, 0 to 1.
    """

    mixture: Tensor
    adjacency: Tensor
    connected: Tensor


def data_flow(mixture: Tensor, adjacency: Tensor, absent: Sequence[int], passing: Sequence[int]) -> DataFlow:
    """The part of each graph that lies on paths from its inputs to its output.

    Benchmarks write the same cell differently: where NAS-Bench-101 has no edge, NAS-Bench-201 has the operator
    ``none``, and where the one has an edge the other has a skip. Here both become the same graph. For mixtures every
    step is multilinear up to a bound of 1, so that a plain graph and the mixture with one share of 1 are the same.

    Args:
        mixture: ``(A, N, K)`` shares.
        adjacency: ``(A, N, N)``, strictly upper triangular.
        absent: Columns of operators that pass nothing on.
        passing: Columns of operators that pass their input on unchanged.
    """
    there = mixture.sum(-1)
    passes = mixture[..., list(passing)].sum(-1)
    kept = mixture.clone()
    kept[..., [*absent, *passing]] = 0.0
    carries = kept.sum(-1)
    edges = _through(adjacency, passes) if bool(passes.any()) else adjacency
    n = mixture.shape[1]
    is_entry = (adjacency.sum(1) == 0) & (there > 0)
    is_last = torch.arange(n) == (there > 0).float().mul(torch.arange(1, n + 1)).argmax(1, keepdim=True)
    reached = is_entry.float()
    for node in range(1, n):
        coming = ((reached * carries)[:, :node] * edges[:, :node, node]).sum(1)
        reached[:, node] = torch.maximum(reached[:, node], coming.clamp(max=1.0))
    needed = is_last.float()
    for node in range(n - 2, -1, -1):
        going = ((needed * carries)[:, node + 1 :] * edges[:, node, node + 1 :]).sum(1)
        needed[:, node] = torch.maximum(needed[:, node], going.clamp(max=1.0))
    alive = reached * needed
    connected = (reached * is_last).sum(1)
    there = alive * (carries > 0)
    return DataFlow(kept * alive[..., None], edges * there[:, :, None] * there[:, None, :], connected)


def _through(adjacency: Tensor, passes: Tensor) -> Tensor:
    """``(A, N, N)`` edges, those that lead through passing nodes included: A + ASA + ASASA + …, at most 1.

    The series is that of the inverse of I - AS, which is summed by doubling, as AS is nilpotent.
    """
    step = adjacency * passes[:, None, :]
    total = adjacency
    for _ in range(max(1, (adjacency.shape[1] - 1).bit_length())):
        total = total + step @ total
        step = step @ step
        if not bool(step.any()):
            break
    return total.clamp(max=1.0)
