"""The published block of LLM-PP's baselines, recomputed: four supernets as predictors of BLEU on three tasks.

Jawahar et al. 2023, https://arxiv.org/abs/2310.16712, table of predictors: mean absolute error / Kendall's tau-b, mean
over three divisions into 10 demonstrations and 20 that are judged.
"""

import numpy as np
import pytest

from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.catalogs import space_named
from nasray.data.catalog import Catalog

pytestmark = pytest.mark.golden
PUBLISHED = {
    "hat": {"wmt14_en_de": (1.14, 0.71), "wmt14_en_fr": (1.59, 0.79), "wmt19_en_de": (0.91, 0.72)},
    "sandwich": {"wmt14_en_de": (1.05, 0.81), "wmt14_en_fr": (1.27, 0.78), "wmt19_en_de": (0.91, 0.72)},
    "layer_mos": {"wmt14_en_de": (0.97, 0.56), "wmt14_en_fr": (1.16, 0.79), "wmt19_en_de": (0.96, 0.74)},
    "neuron_mos": {"wmt14_en_de": (0.87, 0.79), "wmt14_en_fr": (1.18, 0.87), "wmt19_en_de": (0.87, 0.67)},
}


@pytest.fixture(scope="module")
def table(mirror, tmp_path_factory):
    return Catalog(folder=tmp_path_factory.mktemp("tables"), mirror=mirror).open("hat_mt", space_named("hat"))


def block(table, split):
    """Supernet -> task -> (MAE, tau-b), BLEU of both kinds on ``split``."""
    found = {supernet: {} for supernet in PUBLISHED}
    for supernet, tasks in found.items():
        for task in PUBLISHED[supernet]:
            guess, truth = table.column(f"{task}_{supernet}_{split}_bleu"), table.column(f"{task}_{split}_40000")
            judged = [table.column(f"{task}_demonstration_{seed}") == 0 for seed in (123, 456, 789)]
            assert {int(rows.sum()) for rows in judged} == {20}
            errors = [abs(guess - truth)[rows].mean() for rows in judged]
            taus = [rank_correlation(guess[rows], truth[rows]).kendall for rows in judged]
            tasks[task] = round(float(np.mean(errors)), 2), round(float(np.mean(taus)), 2)
    return found


def test_the_published_block_is_that_of_valid(table):
    assert block(table, "valid") == PUBLISHED


def test_the_published_block_is_not_that_of_test(table):
    assert block(table, "test")["hat"] == {
        "wmt14_en_de": (1.83, 0.74),
        "wmt14_en_fr": (1.56, 0.73),
        "wmt19_en_de": (1.88, 0.80),
    }
