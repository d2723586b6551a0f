"""The plain scores that a clever one must beat, on hand-made numbers."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Split
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build
from nasray.models.live_layers import live_layers
from nasray.models.multiply_adds import count_multiply_adds
from nasray.models.plan_multiply_adds import plan_multiply_adds
from nasray.predictors.flops import Flops
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.parameters import Parameters
from nasray.predictors.published_zero_cost import PublishedZeroCost
from nasray.predictors.rank_sum import RankSum
from nasray.predictors.table_lookup import TableLookup
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

SPACE = NasBench201(channels=16, cells_per_stage=5)
IMAGES = {"space": SPACE, "input_shape": (3, 32, 32), "n_classes": 10}
CONV, POOL, SKIP = "nor_conv_3x3", "avg_pool_3x3", "skip_connect"


def cell(*names):
    at = ("none", SKIP, "nor_conv_1x1", CONV, POOL)
    return Architecture(tuple(at.index(name) for name in names))


ALL_CONV = cell(*[CONV] * 6)
BEHIND_NONE = cell("none", CONV, CONV, CONV, CONV, CONV)
"""Edges 1->2 and 1->3 read a node that nothing reaches."""

NOTHING = cell(*["none"] * 6)


@dataclass
class Table:
    """A table in memory."""

    cells: list[Architecture]
    values: dict[str, list[float]]
    direction: str = "higher"
    split: Split | None = None
    index: dict = field(init=False)

    def __post_init__(self):
        self.index = {one.genes: row for row, one in enumerate(self.cells)}

    def meaning(self, name):
        return SimpleNamespace(direction=self.direction, split=self.split)

    def column(self, name):
        return np.array(self.values[name])

    def rows(self, architectures):
        return np.array([self.index[one.genes] for one in architectures], np.int64)


def test_weights_behind_a_dead_edge_do_not_count():
    whole, live = Parameters(**IMAGES), LiveParameters(**IMAGES)
    assert live.predict([ALL_CONV]) == whole.predict([ALL_CONV])
    three_live = cell("none", CONV, "none", CONV, "none", CONV)
    assert live.predict([BEHIND_NONE]) == whole.predict([three_live])
    assert live.predict([NOTHING]).tolist() == [0.0]


def test_a_dead_network_has_no_live_layers():
    layers = (Layer("conv", (-1,), 3, 4), Layer("zero", (0,), 4, 4), Layer("linear", (1,), 4, 10))
    assert live_layers(NetworkPlan(layers, (3, 8, 8), 10)) == []


def test_flops_of_the_largest_cell_are_the_published_ones():
    """220.12 million, the largest of NAS-Bench-201 (Dong and Yang 2020, and the published tables)."""
    assert Flops(**IMAGES).predict([ALL_CONV])[0] / 1e6 == pytest.approx(220.12, abs=0.01)


@pytest.mark.parametrize(
    "space",
    [
        NasBench201(channels=4, cells_per_stage=1),
        NasBench101(channels=8, stacks=2, cells_per_stack=1, max_vertices=7),
        TransNasMicro(channels=4, stem_halvings=1),
        Darts(channels=4, cells=3, allow_none=True),
    ],
    ids=lambda space: type(space).__name__,
)
def test_counting_by_layer_gives_what_hooks_count(space):
    """Where every layer is used; what is not used is built, and counted by layer only."""
    rng = np.random.default_rng(3)
    for one in [space.sample(rng) for _ in range(3)]:
        plan = space.plan(one, (3, 16, 16), 10)
        network = build(plan, torch.Generator().manual_seed(0))
        hooked, counted = count_multiply_adds(network, (3, 16, 16)), plan_multiply_adds(plan)
        if len(live_layers(plan)) == len(plan.layers):
            assert counted == hooked
        assert counted >= hooked


def test_ranks_are_added_and_gaps_filled_by_the_live_twin():
    cells = [ALL_CONV, BEHIND_NONE, cell("none", CONV, SKIP, CONV, POOL, CONV), NOTHING]
    nan = float("nan")
    table = Table(cells, {"a": [1.0, 3.0, nan, nan], "b": [5.0, 5.0, 6.0, 7.0]})
    scores = RankSum(space=SPACE, table=table, columns=["a", "b"], predictors=[]).predict(cells)
    # a: 1, 3, 3 (the third is the second without its dead edges), nothing; of the three ranked: 1/3, 5/6, 5/6, and 0.
    # b: 5, 5, 6, 7 of four: 3/8, 3/8, 3/4, 1.
    expected = np.array([1 / 3 + 3 / 8, 5 / 6 + 3 / 8, 5 / 6 + 3 / 4, 0 + 1]) / 2
    np.testing.assert_allclose(scores, expected)


def test_predictors_are_ranked_beside_the_columns():
    table = Table([ALL_CONV, NOTHING], {"a": [1.0, 2.0]})
    counted = LiveParameters(**IMAGES)
    scores = RankSum(space=SPACE, table=table, columns=["a"], predictors=[counted]).predict([NOTHING, ALL_CONV])
    assert scores.tolist() == [0.75, 0.75]  # ranks 1/2 and 1 in one, 1 and 1/2 in the other
    assert RankSum(space=SPACE, table=table, columns=["a"], predictors=[]).predict([]).shape == (0,)


def test_a_rank_sum_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="neither columns nor predictors"):
        RankSum(space=SPACE, table=Table([ALL_CONV], {}), columns=[], predictors=[])


def test_a_column_that_is_better_when_lower_is_refused():
    table = Table([ALL_CONV], {"a": [1.0]}, direction="lower")
    with pytest.raises(CapabilityError, match="RankSum column a is better when lower"):
        RankSum(space=SPACE, table=table, columns=["a"], predictors=[])
    with pytest.raises(CapabilityError, match="TableLookup column a is better when lower"):
        TableLookup(space=SPACE, table=table, column="a", vocabulary=[], replace={})


def test_a_column_that_was_measured_on_test_is_refused():
    table = Table([ALL_CONV], {"a": [1.0]}, split=Split.TEST)
    with pytest.raises(ConfigError, match="RankSum column a was measured on TEST, which no part of a search may see"):
        RankSum(space=SPACE, table=table, columns=["a"], predictors=[])
    with pytest.raises(ConfigError, match="TableLookup column a was measured on TEST"):
        TableLookup(space=SPACE, table=table, column="a", vocabulary=[], replace={})
    with pytest.raises(ConfigError, match="PublishedZeroCost column a was measured on TEST"):
        PublishedZeroCost(space=SPACE, table=table, column="a")


def test_the_name_of_a_table_is_no_table():
    with pytest.raises(CapabilityError, match="rank_sum got the name 'features' in place of an open table"):
        RankSum(space=SPACE, table="features", columns=["a"], predictors=[])


def test_an_operator_is_translated_before_it_is_looked_up():
    other = [Architecture((3, 3, 3, 3, 3, 0)), Architecture((0,) * 6)]
    table = Table(other, {"scene": [54.0, 20.0]})
    names = ["none", SKIP, "nor_conv_1x1", CONV]
    lookup = TableLookup(space=SPACE, table=table, column="scene", vocabulary=names, replace={POOL: "none"})
    assert lookup.predict([cell(*[CONV] * 5, POOL), NOTHING]).tolist() == [54.0, 20.0]
    assert lookup.predict([]).shape == (0,)
    with pytest.raises(ConfigError, match=r"cannot translate the operators \['avg_pool_3x3'\]"):
        TableLookup(space=SPACE, table=table, column="scene", vocabulary=names, replace={})
