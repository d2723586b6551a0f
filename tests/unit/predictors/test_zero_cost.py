import math

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.image_set import Images
from nasray.predictors.az_nas import AzNas
from nasray.predictors.published_zero_cost import PublishedZeroCost
from nasray.predictors.zero_cost import ZeroCost
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
CELL, DEAD = Architecture((3, 3, 2, 1, 3, 3)), Architecture((0,) * 6)
SMALL = {"input_shape": (3, 8, 8), "n_classes": 4, "batch_size": 8, "seed": 0}


def zero_cost(**settings):
    return ZeroCost(**{"space": SPACE, "proxy": "nwot", "initialisation": "torch", **SMALL, **settings})


def images(n=8, size=8):
    rng = np.random.default_rng(0)
    return Images(rng.standard_normal((n, 3, size, size)).astype(np.float32), np.arange(n) % 4)


def test_what_cannot_be_scored_is_last():
    scores = zero_cost().predict([CELL, DEAD])
    assert scores[0] > 0
    assert scores[1] == -1e8


def test_images_and_seed_and_proxy_count():
    usual = zero_cost().predict([CELL])[0]
    others = [zero_cost(**one).predict([CELL])[0] for one in ({"seed": 1}, {"proxy": "jacov"}, {"images": images()})]
    assert len({usual, *others}) == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"proxy": "zico"}, "proxy 'zico' is unknown"),
        ({"input_shape": (3, 0, 8)}, r"input_shape \(\[3, 0, 8\]\) must be channels, height and width"),
        ({"n_classes": 1}, r"n_classes \(1\) must be at least 2"),
        ({"batch_size": 1}, r"batch_size \(1\) must be at least 2"),
        ({"seed": -1}, r"seed \(-1\) must not be negative"),
        ({"initialisation": "xavier"}, r"initialisation \('xavier'\) must be one of torch, he"),
        ({"images": images(n=4)}, r"got images of shape \[4, 3, 8, 8\]; it needs at least 8 of shape \[3, 8, 8\]"),
        ({"images": images(size=9)}, r"got images of shape \[8, 3, 9, 9\]"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        zero_cost(**settings)


def test_a_space_without_networks_is_refused():
    with pytest.raises(CapabilityError, match="predictor zero_cost needs a space with ModuleView"):
        zero_cost(space=object())


class Meaning:
    direction = "higher"
    split = None


class Table:
    """A cell of one convolution, with a score; dead edges around it, without and with one; nothing, which failed."""

    scores = {  # noqa: RUF012 - never changed
        (0, 0, 0, 3, 0, 0): 7.0,
        (3, 2, 1, 3, 0, 0): np.nan,
        (3, 0, 0, 3, 0, 0): 5.0,
        (3, 0, 0, 0, 0, 0): np.nan,
        (0, 0, 0, 0, 0, 0): np.nan,
    }

    def meaning(self, name):
        meaning = Meaning()
        meaning.direction = "lower" if name == "latency" else "higher"
        return meaning

    def column(self, name):
        return np.array([*self.scores.values()])

    def rows(self, architectures):
        return np.array([[*self.scores].index(one.genes) for one in architectures], np.int64)


def test_a_cell_with_dead_edges_has_the_published_score_of_what_is_left():
    predictor = PublishedZeroCost(space=SPACE, table=Table(), column="zc_c10_nwot")
    cells = [Architecture((0, 0, 0, 3, 0, 0)), Architecture((3, 2, 1, 3, 0, 0)), Architecture((3, 0, 0, 0, 0, 0))]
    np.testing.assert_array_equal(predictor.predict(cells), [7.0, 7.0, -1e8])
    np.testing.assert_array_equal(predictor.predict([Architecture((3, 0, 0, 3, 0, 0))]), [5.0], "published as it is")


def test_published_scores_need_an_open_table_a_space_and_a_direction():
    with pytest.raises(CapabilityError, match="zero_cost_published got the name 'nasbench201_features'"):
        PublishedZeroCost(space=SPACE, table="nasbench201_features", column="zc_c10_nwot")
    with pytest.raises(CapabilityError, match="column latency is better when lower"):
        PublishedZeroCost(space=SPACE, table=Table(), column="latency")
    with pytest.raises(CapabilityError, match="needs a space with Prunable"):
        PublishedZeroCost(space=object(), table=Table(), column="zc_c10_nwot")


def test_az_nas_ranks_within_its_sample():
    predictor = AzNas(space=SPACE, reference=4, **SMALL)
    cells = [CELL, DEAD]
    scores = predictor.predict(cells)
    # Four ranks among five: at best log(5/5) each; the cell that nothing crosses can only tie for the last rank.
    assert 4 * math.log(1 / 5) <= scores[1] < scores[0] <= 0
    assert predictor.predict(cells[::-1]).tolist() == scores[::-1].tolist()


def test_az_nas_needs_somebody_to_compare_with():
    with pytest.raises(ConfigError, match=r"AzNas reference \(0\) must be at least 1"):
        AzNas(space=SPACE, reference=0, **SMALL)
