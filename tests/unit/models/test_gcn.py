"""The graph network: dense and sparse agree, padding and mixtures do what they should."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nasray.core.errors import ConfigError, DataError
from nasray.core.graph_batch import GraphBatch
from nasray.core.space import Graph
from nasray.models.data_flow import DataFlow, data_flow
from nasray.models.gcn import Gcn, GcnShape, MaskedNorm
from nasray.models.gcn_training import GcnRecipe, LabelledGraphs, train_gcn
from nasray.models.sparse_gcn import SparseGcn

OPERATORS = ("input", "conv", "pool", "output")
CHAIN = Graph(("input", "conv", "output"), ((0, 1), (1, 2)))
WIDE = Graph(("input", "conv", "pool", "output"), ((0, 1), (0, 2), (1, 2), (1, 3), (2, 3)))
PAPER = GcnShape(
    width=8, layers=2, both_directions=False, normalisation="symmetric", node_norm="none", readout="mean", dropout=0.0
)
CODE = replace(PAPER, layers=4, normalisation="none", node_norm="batch", readout="global")
OURS = replace(PAPER, layers=3, normalisation="none", node_norm="layer", readout="sum", both_directions=True)
RECIPE = GcnRecipe(epochs=30, batch_size=4, learning_rate=0.01, weight_decay=0.01, loss="mse")


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tensors(graphs: list[Graph]) -> tuple[torch.Tensor, torch.Tensor]:
    batch = GraphBatch.of(graphs, OPERATORS)
    return torch.from_numpy(batch.mixture), torch.from_numpy(batch.adjacency)


def table(width: int = 5) -> torch.Tensor:
    return torch.randn(len(OPERATORS), width, generator=rng(3))


def random_graphs(n: int, seed: int = 0) -> list[Graph]:
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        size = int(draw.integers(3, 9))
        edges = {(i, i + 1) for i in range(size - 1)}
        edges |= {(i, j) for i in range(size) for j in range(i + 1, size) if draw.random() < 0.3}
        inner = [("conv", "pool")[int(draw.integers(2))] for _ in range(size - 2)]
        found.append(Graph(("input", *inner, "output"), tuple(sorted(edges))))
    return found


def source(n: int = 12) -> LabelledGraphs:
    graphs = random_graphs(n)
    mixture, adjacency = tensors(graphs)
    labels = torch.tensor([float(sum(one == "conv" for one in graph.operators)) for graph in graphs])
    flow = DataFlow(mixture, adjacency, torch.ones(n))
    return LabelledGraphs(flow=flow, table=table(), labels=labels, columns=None, weight=1.0)


@pytest.mark.parametrize("directions", [False, True])
@pytest.mark.parametrize("normalisation", ["none", "symmetric"])
@pytest.mark.parametrize("node_norm", ["batch", "layer", "none"])
@pytest.mark.parametrize("readout", ["global", "mean", "sum"])
def test_the_dense_path_gives_the_numbers_of_torch_geometric(directions, normalisation, node_norm, readout):
    shape = replace(
        PAPER, both_directions=directions, normalisation=normalisation, node_norm=node_norm, readout=readout
    )
    dense, sparse = Gcn(shape, 5, 0, rng()).eval(), SparseGcn(shape, 5, 0, rng(1)).eval()
    for norm in dense.norms:
        norm.mean.copy_(torch.randn(8, generator=rng(5)))
    sparse.load_state_dict(dense.state_dict())
    mixture, adjacency = tensors(random_graphs(9))
    mixture[0, 1] = torch.tensor([0.0, 0.25, 0.5, 0.0])  # a soft node, a quarter of it removed
    with torch.no_grad():
        torch.testing.assert_close(
            sparse(mixture, adjacency, table()), dense(mixture, adjacency, table()), rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("shape", [PAPER, CODE, OURS])
def test_a_loss_has_the_same_gradient_in_both(shape):
    mixture, adjacency = tensors(random_graphs(6))
    gradients = []
    for kind in (Gcn, SparseGcn):
        model = kind(shape, 5, 0, rng())
        (model(mixture, adjacency, table()) ** 2).sum().backward()
        gradients.append([one.grad for one in model.parameters() if one.grad is not None])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [PAPER, CODE, OURS])
def test_padding_changes_nothing(shape):
    model = Gcn(shape, 5, 0, rng()).eval()
    mixture, adjacency = tensors([CHAIN, WIDE])
    wide = torch.nn.functional.pad(mixture, (0, 0, 0, 8)), torch.nn.functional.pad(adjacency, (0, 8, 0, 8))
    with torch.no_grad():
        torch.testing.assert_close(model(mixture, adjacency, table()), model(*wide, table()), rtol=1e-5, atol=1e-6)


def test_padding_never_reaches_a_statistic():
    norm = MaskedNorm("batch", 1)
    x, there = torch.tensor([[[1.0], [3.0], [99.0]]]), torch.tensor([[1.0, 1.0, 0.0]])
    normed = norm(x, there)
    assert normed[0, 0, 0].item() == pytest.approx(-1.0, abs=1e-4)  # mean 2, spread 1
    assert norm.mean.item() == pytest.approx(0.2)  # a tenth of the way from 0 to 2


def test_direction_matters():
    """Without messages against the flow, what comes after a node cannot change what it says."""
    one = Graph(("input", "conv", "pool", "output"), ((0, 1), (1, 2), (2, 3)))
    other = Graph(("input", "pool", "conv", "output"), ((0, 1), (1, 2), (2, 3)))
    model = Gcn(CODE, 5, 0, rng()).eval()
    with torch.no_grad():
        scores = model(*tensors([one, other]), table())
    assert abs(scores[0] - scores[1]) > 1e-4


def test_columns_join_at_the_readout():
    model = Gcn(PAPER, 5, 1, rng()).eval()
    with torch.no_grad():
        low, high = (model(*tensors([CHAIN]), table(), torch.tensor([[value]])) for value in (0.0, 2.0))
        assert (high - low).item() == pytest.approx(2 * model.head[-1].item(), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width"),
        ({"layers": 0}, "layers"),
        ({"dropout": 1.0}, "dropout"),
        ({"normalisation": "row"}, "normalisation"),
        ({"node_norm": "group"}, "node_norm"),
        ({"readout": "max"}, "readout"),
    ],
)
def test_an_impossible_shape_is_refused(change, message):
    with pytest.raises(ConfigError, match=f"gcn {message}"):
        replace(PAPER, **change)


@pytest.mark.parametrize("loss", ["mse", "pairwise", "listwise"])
def test_it_learns_an_easy_target(loss):
    data = source(24)
    model = train_gcn(OURS, replace(RECIPE, loss=loss), [data], seed=1)
    with torch.no_grad():
        scores = model(data.flow.mixture, data.flow.adjacency, data.table)
    assert np.corrcoef(scores.numpy(), data.labels.numpy())[0, 1] > 0.8
    assert scores.mean().abs() < 1e-4
    assert scores.std(unbiased=False) == pytest.approx(1.0, abs=1e-3)


def test_the_same_seed_gives_the_same_bits_and_leaves_the_global_stream_alone():
    before = torch.random.get_rng_state()
    shape, recipe = replace(OURS, dropout=0.3), replace(RECIPE, epochs=3)
    first, second, other = (train_gcn(shape, recipe, [source()], seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, weights in first.state_dict().items():
        assert torch.equal(weights, second.state_dict()[name])
    assert not torch.equal(first.head, other.head)


def test_sources_of_different_units_are_mixed():
    """The second is the first in another unit: what is learnt does not change by more than the order of batches."""
    one = source()
    other = replace(one, labels=one.labels * 1000 - 7)
    torch.testing.assert_close(one.standardised(), other.standardised(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([1.0] * 11 + [float("nan")]), "NaN or infinite"),
        (torch.ones(3), "one label a graph"),
    ],
)
def test_labels_that_nobody_can_learn_are_refused(labels, message):
    with pytest.raises(DataError, match=message):
        replace(source(), labels=labels)


def test_equal_labels_are_refused_where_a_table_is_learnt():
    with pytest.raises(DataError, match="fewer than 2 distinct"):
        train_gcn(OURS, RECIPE, [replace(source(), labels=torch.ones(12))], seed=0)


def test_no_source_is_refused():
    with pytest.raises(DataError, match="no source"):
        train_gcn(OURS, RECIPE, [], seed=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 1}, "batch_size"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"loss": "hinge"}, "loss"),
    ],
)
def test_an_impossible_recipe_is_refused(change, message):
    with pytest.raises(ConfigError, match=f"gcn {message}"):
        replace(RECIPE, **change)


NAMED = ("input", "none", "skip", "conv", "output")


def flow_of(graph: Graph) -> DataFlow:
    batch = GraphBatch.of([graph], NAMED)
    return data_flow(torch.from_numpy(batch.mixture), torch.from_numpy(batch.adjacency), [1], [2])


def test_none_cuts_a_path_and_what_is_behind_it_dies():
    flow = flow_of(Graph(("input", "conv", "none", "conv", "output"), ((0, 1), (0, 3), (1, 2), (2, 4), (3, 4))))
    assert flow.mixture[0, :5].sum(-1).tolist() == [1, 0, 0, 1, 1]
    assert torch.nonzero(flow.adjacency[0]).tolist() == [[0, 3], [3, 4]]
    assert flow.connected.item() == 1


def test_a_skip_becomes_an_edge():
    flow = flow_of(Graph(("input", "skip", "conv", "skip", "output"), ((0, 1), (1, 2), (2, 3), (3, 4), (1, 4))))
    assert torch.nonzero(flow.adjacency[0]).tolist() == [[0, 2], [0, 4], [2, 4]]
    assert flow.mixture[0].sum(-1).tolist() == [1, 0, 1, 0, 1, 0, 0, 0]


def test_a_cell_that_passes_nothing_on_is_not_connected():
    flow = flow_of(Graph(("input", "none", "output"), ((0, 1), (1, 2))))
    assert flow.connected.item() == 0
    assert flow.mixture.sum() == 0


def test_a_mixture_of_one_operator_is_a_plain_node_and_half_of_none_halves_it():
    graph = Graph(("input", "conv", "output"), ((0, 1), (1, 2)))
    batch = GraphBatch.of([graph, graph], NAMED)
    mixture = torch.from_numpy(batch.mixture.copy())
    mixture[1, 1] = torch.tensor([0.0, 0.5, 0.0, 0.5, 0.0])
    flow = data_flow(mixture, torch.from_numpy(batch.adjacency), [1], [2])
    assert flow.connected.tolist() == [1.0, 0.5]
    assert flow.adjacency[0, 0, 1] == 1
    assert flow.mixture[1, 1, 3] == pytest.approx(0.5)  # nothing else reads or feeds it
