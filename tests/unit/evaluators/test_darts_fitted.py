import pickle

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.core.measurement import Split
from nasray.core.proposal import Proposal
from nasray.evaluators.darts_features import N_OPERATORS, darts_features
from nasray.evaluators.darts_fitted import DartsFitted
from nasray.evaluators.sum_kernel import SumKernel
from nasray.spaces.darts import Darts

SPACE = Darts(channels=4, cells=3, allow_none=False)


def drawn(n, seed):
    rng = np.random.default_rng(seed)
    return [SPACE.sample(rng) for _ in range(n)]


def skips(architecture):
    return sum(gene == 2 for gene in architecture.genes[1::2])


class FakePool:
    """200 genotypes; every skip connection costs half a point."""

    def __init__(self):
        cells = drawn(200, 0)
        self.genes = np.array([cell.genes for cell in cells], np.int8)
        self._values = np.array([94.0 - 0.5 * skips(cell) for cell in cells])

    def column(self, name):
        assert name == "cifar10_valid_100"
        return self._values


def fitted(**settings):
    return DartsFitted(
        **{"table": FakePool(), "chunk_size": 4, "ridge": 10.0, "weight": 300.0, "gamma": 0.003} | settings
    )


def test_it_learns_what_the_pool_shows(streams):
    unseen = drawn(50, 1)
    found = fitted().evaluate([Proposal(slot, cell) for slot, cell in enumerate(unseen)], streams)
    truth = np.array([94.0 - 0.5 * skips(cell) for cell in unseen])
    assert np.corrcoef([one.value for one in found], truth)[0, 1] > 0.9
    assert all(round(one.value, 6) == one.value for one in found)


def test_every_value_is_the_same_in_any_company(streams):
    evaluator = fitted()
    proposals = [Proposal(slot, cell) for slot, cell in enumerate(drawn(9, 2))]
    together = evaluator.evaluate(proposals, streams)
    assert [evaluator.evaluate([one], streams)[0] for one in proposals] == list(together)
    assert pickle.loads(pickle.dumps(evaluator)).evaluate(proposals[::-1], streams)[::-1] == together


def test_the_order_of_a_nodes_inputs_does_not_count(streams):
    cell = drawn(1, 3)[0]
    one, other = fitted().evaluate([Proposal(0, cell), Proposal(1, SPACE.canonical(cell))], streams)
    assert one.value == other.value


def test_nothing_is_nothing(streams):
    assert list(fitted().evaluate([], streams)) == []


def test_it_never_passes_for_the_benchmark():
    assert fitted().metric == "darts_fitted valid accuracy (%)"
    assert fitted().splits == {Split.VALID}


def test_there_is_no_test(streams):
    with pytest.raises(DataError, match="darts_fitted predicts VALID only: no TEST accuracy was published"):
        fitted().test(Proposal(0, drawn(1, 0)[0]), streams)


@pytest.mark.parametrize("genes", [(0,) * 6, (*[0, 0, 1, 0] * 7, 0, 7, 1, 0)])
def test_what_the_pool_has_no_example_of_is_refused(genes, streams):
    with pytest.raises(DataError, match=r"darts_fitted knows genotypes of 32 genes and operators 0 to 6, got \[0"):
        fitted().evaluate([Proposal(0, Architecture(genes))], streams)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chunk_size": 0}, r"DartsFitted chunk_size \(0\) must be at least 1"),
        ({"ridge": 0.0}, r"DartsFitted ridge \(0.0\) must be positive"),
        ({"weight": -1.0}, r"DartsFitted weight \(-1.0\) must not be negative"),
        ({"gamma": 0.0}, r"DartsFitted gamma \(0.0\) must be positive"),
    ],
)
def test_impossible_settings(settings, message):
    with pytest.raises(ConfigError, match=message):
        fitted(**settings)


def test_a_table_of_another_space_is_refused():
    pool = FakePool()
    pool.genes = np.zeros((3, 6), np.int8)
    with pytest.raises(CapabilityError, match=r"DARTS genotypes \(32 genes\), but this one has 6"):
        fitted(table=pool)


def test_features_of_a_genotype_by_hand():
    # Normal cell: every node reads 0 and 1 by operator 0. Reduction: the node before by 6, and 0 by 2.
    normal, reduction = (0, 0, 1, 0) * 4, tuple(gene for node in range(4) for gene in (node + 1, 6, 0, 2))
    full, kind = darts_features(np.array([(*normal, *reduction)]))
    assert (full.shape, kind.shape) == ((1, 370), (1, 34))
    counts, on_inputs, depths = kind[0, :14].reshape(2, 7), kind[0, 14:28].reshape(2, 7), kind[0, 28:].reshape(2, 3)
    assert counts.tolist() == [[8, 0, 0, 0, 0, 0, 0], [0, 0, 4, 0, 0, 0, 4]]
    assert on_inputs.tolist() == [[8, 0, 0, 0, 0, 0, 0], [0, 0, 4, 0, 0, 0, 1]]
    assert depths.tolist() == [[1, 1, 4], [4, 4, 10]]
    assert full[0, : 2 * 4 * 5 * N_OPERATORS].sum() == 16


def test_a_sum_kernel_by_hand():
    # Linear kernel alone: x = -1, 1, y = -2, 2, ridge 2 -> slope (x·y) / (x·x + 2) = 4 / 4 = 1.
    x, z, y = np.array([[-1.0], [1.0]]), np.zeros((2, 1)), np.array([-2.0, 2.0])
    line = SumKernel(ridge=2.0, weight=0.0, gamma=1.0).fit(x, z, y)
    assert line.predict(np.array([[3.0]]), np.zeros((1, 1))) == pytest.approx([3.0])
    # Gaussian kernel alone: z standardised to -1, 1, so K = [[1, e], [e, 1]] with e = exp(-4 gamma), y antisymmetric:
    # prediction at z = 1 is 2 (1 - e) / (1 - e + ridge).
    e = np.exp(-4 * 0.1)
    bump = SumKernel(ridge=0.5, weight=1.0, gamma=0.1).fit(np.zeros((2, 1)), np.array([[5.0], [9.0]]), y)
    assert bump.predict(np.zeros((1, 1)), np.array([[9.0]])) == pytest.approx([2 * (1 - e) / (1 - e + 0.5)])
