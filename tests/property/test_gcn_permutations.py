"""A graph network does not see in which order the nodes of a graph are numbered."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nasray.models.data_flow import data_flow
from nasray.models.gcn import Gcn, GcnShape

SHAPE = GcnShape(
    width=6, layers=3, both_directions=True, normalisation="none", node_norm="layer", readout="sum", dropout=0.0
)
MODEL = Gcn(SHAPE, 4, 0, torch.Generator().manual_seed(0)).eval()
TABLE = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
N = 8


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_another_numbering_gives_the_same_score(seed: int):
    """Operators: input, none, skip, convolution, output."""
    rng = np.random.default_rng(seed)
    adjacency = np.triu(rng.random((N, N)) < 0.4, 1)
    adjacency[0, 1:] |= ~adjacency[:, 1:].any(0)
    adjacency[:-1, -1] |= ~adjacency[:-1].any(1)
    adjacency = adjacency.astype(np.float32)
    operators = np.array([0, *rng.integers(1, 4, N - 2), 4])
    order = np.arange(N)
    for _ in range(20):  # neighbours that are not connected may swap places
        at = int(rng.integers(1, N - 2))
        if not adjacency[order[at], order[at + 1]]:
            order[[at, at + 1]] = order[[at + 1, at]]
    scores = []
    for numbering in (np.arange(N), order):
        mixture = torch.eye(5)[torch.from_numpy(operators[numbering])][None]
        edges = torch.from_numpy(adjacency[np.ix_(numbering, numbering)])[None]
        flow = data_flow(mixture, edges, [1], [2])
        with torch.no_grad():
            scores.append((MODEL(flow.mixture, flow.adjacency, TABLE), flow.connected))
    torch.testing.assert_close(scores[0], scores[1], rtol=1e-5, atol=1e-5)
