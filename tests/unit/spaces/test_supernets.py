import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch
from nasray.core.supernet_view import SupernetView
from nasray.models.gcn import Gcn, GcnShape
from nasray.spaces.darts import Darts
from nasray.spaces.darts_supernet import EDGES
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

SPACES = {
    "nasbench201": NasBench201(channels=4, cells_per_stage=1),
    "transnas_micro": TransNasMicro(channels=4, stem_halvings=0),
    "darts": Darts(channels=4, cells=3, allow_none=False),
    "darts with none": Darts(channels=4, cells=3, allow_none=True),
}
each_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def walk(space, rng):
    """From the supernet to a member by random removals; yields what is live on the way."""
    live = space.supernet()
    yield live
    while groups := space.removals(live):
        for group in groups:
            assert all(live[one] for one in group)
            assert len(group) > 1
            live[group[rng.integers(len(group))]] = False
        yield live


@each_space
def test_every_walk_ends_at_a_member(space):
    assert isinstance(space, SupernetView)
    for seed in range(20):
        *_, live = walk(space, np.random.default_rng(seed))
        space.validate(space.member(live))


@each_space
def test_the_graph_of_the_last_one_left_is_that_of_the_member(space):
    """A graph network that hears from both directions tells apart what is connected otherwise."""
    shape = GcnShape(
        width=16,
        layers=4,
        both_directions=True,
        normalisation="symmetric",
        node_norm="none",
        readout="sum",
        dropout=0.0,
    )
    names = tuple(space.operator_descriptions())
    network = Gcn(shape, 8, 0, torch.Generator().manual_seed(0)).double().eval()
    table = torch.randn((len(names), 8), generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def score(batch):
        arrays = (torch.from_numpy(part).double() for part in (batch.mixture, batch.adjacency))
        with torch.no_grad():
            return float(network(*arrays, table))

    scores = set()
    for seed in range(5):
        *_, live = walk(space, np.random.default_rng(seed))
        soft = space.soft_graphs(live[None])
        assert soft.operators == names
        plain = GraphBatch.of([space.graph(space.member(live))], names)
        assert score(soft) == pytest.approx(score(plain), abs=1e-6)
        scores.add(round(score(soft), 6))
    assert len(scores) == 5


@each_space
def test_soft_graphs_are_scored_one_by_one_or_together(space):
    lives = [live.copy() for live in walk(space, np.random.default_rng(0))]
    together = space.soft_graphs(np.stack(lives))
    for row, live in enumerate(lives):
        alone = space.soft_graphs(live[None])
        np.testing.assert_array_equal(alone.mixture[0], together.mixture[row])
        np.testing.assert_array_equal(alone.adjacency[0], together.adjacency[row])


def test_a_node_of_four_nodes_is_the_mean_of_its_operators():
    space = SPACES["nasbench201"]
    live = space.supernet()
    live[2] = [False, True, False, True, False]
    mixture = space.soft_graphs(live[None]).mixture[0]
    # Operators in order: input, none, skip, 1x1, 3x3, pool, output; node 3 is edge 1 -> 2.
    np.testing.assert_allclose(mixture[3], [0, 0, 0.5, 0, 0.5, 0, 0])
    np.testing.assert_allclose(mixture[1], [0, 0.2, 0.2, 0.2, 0.2, 0.2, 0])
    np.testing.assert_array_equal(mixture[[0, 7]], np.eye(7)[[0, 6]])


def test_an_edge_of_darts_is_there_as_often_as_members_keep_it():
    space = SPACES["darts"]
    live = space.supernet()
    mixture = space.soft_graphs(live[None]).mixture[0]
    shares = mixture.sum(axis=1)
    # Two of two edges are kept at node 2, two of five at node 5; 17 nodes a cell, the first two are inputs.
    np.testing.assert_allclose(shares[2:4], 1.0, rtol=1e-6)
    np.testing.assert_allclose(shares[11:16], 0.4, rtol=1e-6)
    assert shares.sum() == pytest.approx(2 * 8 + 6)
    assert space.edge_cells().count(0) == space.edge_cells().count(1) == len(EDGES) == 14


def test_darts_loses_operators_first_and_edges_afterwards():
    space = SPACES["darts"]
    live = space.supernet()
    assert len(space.removals(live)) == 28
    live[:, 1:] = False  # one operator on every edge: nodes 3, 4 and 5 of both cells have one to three edges too many
    assert [len(group) for group in space.removals(live)] == [3, 4, 5, 3, 4, 5]


def test_dead_edges_are_pruned():
    space = SPACES["nasbench201"]
    # 0->1 conv leads to 1, which nothing reads; 1->2 likewise reads it, but 2->3 is none.
    assert space.pruned(Architecture((3, 2, 1, 3, 0, 0))) == Architecture((0, 0, 0, 3, 0, 0))
    assert space.pruned(Architecture((3, 2, 1, 3, 4, 1))) == Architecture((3, 2, 1, 3, 4, 1))
    assert space.pruned(Architecture((0, 0, 3, 0, 3, 3))) == Architecture((0,) * 6)
