"""DARTS networks against the published parameter counts of 1,225 genotypes."""

import ast

import pyarrow.parquet as pq
import pytest

from nasray.core.architecture import Architecture
from nasray.models.parameter_count import plan_parameters
from nasray.spaces.darts import Darts

pytestmark = pytest.mark.golden
SPACE = Darts(channels=32, cells=8, allow_none=False)
NORMALISED = {"sep_conv": 2, "dil_conv": 1, "factorized_reduce": 1}
"""Operator -> its batch norms, of two weights a channel."""


def _unlearnt(plan):
    """Weights of the batch norms inside the cells' operators; the two layers that begin a cell are no operators."""
    begun, weights = {}, 0
    for layer in plan.layers:
        begun[layer.stage] = begun.get(layer.stage, 0) + 1
        if begun[layer.stage] > 2:
            weights += 2 * layer.out_channels * NORMALISED.get(layer.operator, 0)
    return weights


def test_parameters(mirror):
    rows = pq.read_table(mirror / "nasbench301_surrogate_1225_cells.parquet", columns=["arch", "params"]).to_pylist()
    cells = set()
    for row in rows:
        normal, reduction = ast.literal_eval(row["arch"])
        cell = Architecture(tuple(gene for pair in normal + reduction for gene in pair))
        SPACE.validate(cell)
        assert SPACE.from_text(SPACE.to_text(cell)) == cell
        plan = SPACE.plan(cell, (3, 32, 32), 10)
        # The source counted networks of 32 channels and 8 cells whose operators do not learn their batch norms.
        assert plan_parameters(plan) - _unlearnt(plan) == round(row["params"] * 1e6)
        cells.add(SPACE.canonical(cell))
    assert (len(rows), len(cells)) == (1_225, 1_218)
