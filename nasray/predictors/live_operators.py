"""Which architectures are the same once operators that nothing comes of are left out."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from nasray.core.graph_batch import GraphBatch
from nasray.models.data_flow import data_flow
from nasray.predictors.graph_scorer import ABSENT


def live_operators(graphs: GraphBatch, descriptions: Mapping[str, Mapping[str, str]]) -> NDArray[np.int64]:
    """``(A,)`` class numbers: equal for graphs with the same edges and the same operators at the same live nodes.

    Args:
        graphs: A plain graphs.
        descriptions: Operator -> sentences; those called ``None`` pass nothing on.
    """
    absent = [at for at, said in enumerate(descriptions.values()) if said["short"] in ABSENT]
    flow = data_flow(torch.from_numpy(graphs.mixture), torch.from_numpy(graphs.adjacency), absent, ())
    alive = flow.mixture.numpy() > 0
    operators = np.where(alive.any(-1), alive.argmax(-1) + 1, 0).astype(np.uint8)
    edges = np.packbits(flow.adjacency.numpy().reshape(len(graphs), -1) > 0, axis=1)
    _, classes = np.unique(np.concatenate([operators, edges], 1), axis=0, return_inverse=True)  # short rows: it sorts
    return classes.reshape(-1).astype(np.int64)
