from itertools import product

import pytest

from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.evaluators.synthetic import Synthetic
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench201 import NasBench201


@pytest.fixture
def evaluator():
    return Synthetic(n_choices=5, chunk_size=512)


def test_hand_computed_values(evaluator, propose, streams):
    # K = 5, targets of two genes (1, 3). (1, 3): c = (1, 1), 100.
    # (1, 1): c = (1, 1/2), mean 3/4, product 1/2: 100 (0.7 * 0.75 + 0.3 * 0.5) = 67.5.
    # (4, 0): c = (1/4, 1/4), mean 1/4, product 1/16: 100 (0.175 + 0.01875) = 19.375.
    measured = evaluator.evaluate([propose(0, (1, 3)), propose(1, (1, 1)), propose(2, (4, 0))], streams)
    assert [one.value for one in measured] == pytest.approx([100.0, 67.5, 19.375])


def test_one_gene_has_no_neighbour(evaluator, propose, streams):
    # c = 1 - 2/4 = 1/2 in both terms.
    assert evaluator.evaluate([propose(0, (3,))], streams)[0].value == pytest.approx(50.0)


def test_the_optimum_is_unique_and_known(evaluator, propose, streams):
    assert evaluator.best_genes(6) == (1, 3, 0, 2, 4, 1)
    cells = [propose(0, genes) for genes in product(range(5), repeat=3)]
    scores = {one.architecture.genes: m.value for one, m in zip(cells, evaluator.evaluate(cells, streams), strict=True)}
    assert max(scores, key=scores.__getitem__) == evaluator.best_genes(3) == (1, 3, 0)
    assert sorted(scores.values())[-1] == pytest.approx(evaluator.optimum())
    assert sorted(scores.values())[-2] < 99


def test_fewer_epochs_score_less(evaluator, propose, streams):
    measured = evaluator.evaluate([propose(0, (1, 3), 1), propose(1, (1, 3), 9)], streams)
    assert [one.value for one in measured] == pytest.approx([50.0, 90.0])


def test_test_is_one_point_lower(evaluator, propose, streams):
    assert evaluator.test(propose(0, (1, 3), 1), streams).value == pytest.approx(99.0)


@pytest.mark.parametrize("genes", [(5, 0), (0, -1), ()])
def test_genes_outside_the_choices_are_refused(evaluator, propose, streams, genes):
    with pytest.raises(InvalidArchitecture, match=r"Synthetic got genes .* must be between 0 and 4: set n_choices"):
        evaluator.evaluate([propose(0, genes)], streams)


@pytest.mark.parametrize(
    ("space", "n_choices"),
    # Five operators; edges that are 0 or 1 beside operators that are 1 to 3.
    [
        (NasBench201(channels=1, cells_per_stage=1), 5),
        (NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=7), 4),
    ],
)
def test_choices_are_found_in_the_space(space, n_choices, propose, streams):
    told, found = Synthetic(n_choices=n_choices, chunk_size=1), Synthetic(n_choices=None, chunk_size=1, space=space)
    cells = [propose(0, space.sample(streams.fresh(slot)).genes) for slot in range(5)]
    assert found.evaluate(cells, streams) == told.evaluate(cells, streams)


def test_impossible_settings():
    with pytest.raises(ConfigError, match="Synthetic got neither n_choices nor a space to find them in; give one"):
        Synthetic(n_choices=None, chunk_size=1)
    with pytest.raises(ConfigError, match=r"Synthetic n_choices \(1\) must be at least 2"):
        Synthetic(n_choices=1, chunk_size=1)
    with pytest.raises(ConfigError, match=r"Synthetic chunk_size \(0\) must be at least 1"):
        Synthetic(n_choices=2, chunk_size=0)
