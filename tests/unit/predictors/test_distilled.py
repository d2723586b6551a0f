import pickle

import numpy as np
import pytest
import torch

from nasray.app.catalogs import space_named
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.models.mlp import Mlp, MlpRecipe, train_mlp
from nasray.predictors.distilled import Distilled
from nasray.predictors.distilled_features import DistilledFeatures
from nasray.predictors.ols import Ols
from nasray.spaces.nasbench201 import NasBench201

CELLS, HAT = NasBench201(channels=4, cells_per_stage=1), space_named("hat")
ONE_BLOCK = space_named("block_chain")


class Teacher:
    """Knows beforehand: the number of 3x3 convolutions."""

    higher_is_better = False

    def predict(self, architectures):
        return np.array([float(one.genes.count(3)) for one in architectures])


def drawn(space, n, seed=0):
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(n)]


def distilled(teacher=None, space=CELLS, **changes):
    settings = {"pool_size": 200, "features": "genes", "width": 32, "depth": 2, "steps": 300, "batch_size": 32}
    settings |= {"learning_rate": 0.003, "standardise": True, "patience": 8, "seed": 0}
    return Distilled(space=space, teacher=teacher or Teacher(), **(settings | changes))


def test_it_says_what_its_teacher_says() -> None:
    pupil, asked = distilled(), drawn(CELLS, 200, seed=1)
    assert not pupil.higher_is_better
    assert pupil.name == "distilled(Teacher)"
    errors = abs(pupil.predict(asked) - Teacher().predict(asked))
    assert errors.mean() < 0.2  # counts of 0 to 6
    there = pickle.loads(pickle.dumps(pupil))
    np.testing.assert_array_equal(there.predict(asked), pupil.predict(asked))


def test_a_score_does_not_hang_on_how_many_are_asked() -> None:
    pupil, asked = distilled(steps=20), drawn(CELLS, 70, seed=1)
    np.testing.assert_array_equal(
        np.concatenate([pupil.predict(asked[:3]), pupil.predict(asked[3:])])[:3], pupil.predict(asked)[:3]
    )
    assert pupil.predict([]).shape == (0,)


def test_the_teacher_is_part_of_its_name_and_is_taught_first() -> None:
    pupil, known = distilled(Ols(space=CELLS, features="genes")), drawn(CELLS, 80)
    assert pupil.name == "distilled(ols)"
    with pytest.raises(CapabilityError, match=r"distilled\(ols\) was asked before its teacher learnt anything"):
        pupil.predict(known)
    pupil.fit(known, Teacher().predict(known))
    asked = drawn(CELLS, 100, seed=1)
    assert np.corrcoef(pupil.predict(asked), Teacher().predict(asked))[0, 1] > 0.9


def test_the_pool_is_distinct_and_no_larger_than_the_space() -> None:
    pool = distilled(pool_size=500).pool()
    assert len(set(pool)) == len(pool) == 500
    assert pool == distilled(pool_size=500).pool()
    assert pool != distilled(pool_size=500, seed=1).pool()


def test_the_papers_recipe_is_under_trained_on_raw_labels() -> None:
    """Labels near 25, as BLEU: a network that is trained at 1e-5 has hardly left 0 after so many steps."""

    class Bleu(Teacher):
        def predict(self, architectures):
            return 25 + super().predict(architectures)

    asked = drawn(CELLS, 50, seed=1)
    paper = distilled(Bleu(), learning_rate=1e-5, standardise=False, patience=None).predict(asked)
    good = distilled(Bleu()).predict(asked)
    truth = Bleu().predict(asked)
    assert abs(paper - truth).mean() > 10
    assert abs(good - truth).mean() < 0.3


def test_features() -> None:
    (one,) = drawn(HAT, 1)
    shape = HAT.shape(one)
    averaged, layers, genes, depth = (
        DistilledFeatures(HAT, kind).rows([one])[0] for kind in ("averaged", "layers", "genes", "depth")
    )
    assert (len(averaged), len(layers), genes.sum()) == (10, 40, 40)
    assert depth.tolist() == [np.log(len(shape.decoder_ffn) / 6)]
    # Six edges, five operators: edge e with operator k is column 5 e + k.
    cell = drawn(CELLS, 1)[0]
    assert np.flatnonzero(DistilledFeatures(CELLS, "genes").rows([cell])[0]).tolist() == [
        5 * edge + operator for edge, operator in enumerate(cell.genes)
    ]


def test_least_squares_by_hand() -> None:
    """BLEU = 20 + 3 log(layers / 6) exactly."""
    members = drawn(HAT, 40)
    truth = np.array([20 + 3 * np.log(len(HAT.shape(one).decoder_ffn) / 6) for one in members])
    line = Ols(space=HAT, features="depth")
    line.fit(members[:20], truth[:20])
    np.testing.assert_allclose(line.predict(members), truth, rtol=1e-9)
    other = Ols(space=HAT, features="depth")
    other.load(line.state())
    np.testing.assert_array_equal(other.predict(members), line.predict(members))


def test_training_stops_early_and_goes_back() -> None:
    """Noise cannot be learnt: the best weights are early ones, whatever follows."""
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(200, 5, generator=rng), torch.randn(200, generator=rng)
    recipe = {"width": 32, "depth": 2, "batch_size": 32, "learning_rate": 0.01, "standardise": True}
    stopped, long = (train_mlp(MlpRecipe(steps=steps, patience=4, **recipe), x, y, 0) for steps in (300, 1_000))
    assert all(torch.equal(one, long.state_dict()[name]) for name, one in stopped.state_dict().items())
    whole = train_mlp(MlpRecipe(steps=300, patience=None, **recipe), x, y, 0)
    assert (whole.predict(x) - y).square().mean() < 0.5 * (stopped.predict(x) - y).square().mean()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pool_size": 1}, r"Distilled pool_size \(1\) must be at least 2"),
        ({"seed": -1}, r"Distilled seed \(-1\) must not be negative"),
        ({"features": "sound"}, r"features \('sound'\) must be one of averaged, layers, genes, depth"),
        ({"width": 0}, r"mlp width \(0\) must be at least 1"),
        ({"learning_rate": 0.0}, r"mlp learning_rate \(0.0\) must be above 0"),
        ({"patience": 0}, r"mlp patience \(0\) must be at least 1, or null"),
    ],
)
def test_what_it_refuses(changes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        distilled(**changes)


def test_teachers_and_states_that_cannot_be_used() -> None:
    class Silent(Teacher):
        def predict(self, architectures):
            return np.full(len(architectures), np.nan)

    with pytest.raises(DataError, match=r"its teacher gave 0 finite labels for 200 architectures"):
        distilled(Silent()).predict(drawn(CELLS, 1))
    with pytest.raises(CapabilityError, match="features=averaged needs a space with TransformerFeatures"):
        distilled(features="averaged")
    small, large = distilled(steps=1, width=8), distilled(steps=1)
    small.fit([], np.zeros(0))
    with pytest.raises(DataError, match="got a state of another network"):
        large.load(small.state())
    assert distilled().state() != small.state()
    large.load(distilled().state())
    line, cells = Ols(space=CELLS, features="genes"), drawn(CELLS, 3)
    with pytest.raises(CapabilityError, match="ols was asked for scores before it learnt anything"):
        line.predict(cells)
    with pytest.raises(DataError, match=r"ols got 3 architectures and values of shape \(2,\)"):
        line.fit(cells, np.zeros(2))
    with pytest.raises(DataError, match="ols got a value that is not finite"):
        line.fit(cells, np.array([1.0, np.nan, 2.0]))
    depth = Ols(space=HAT, features="depth")
    depth.fit(drawn(HAT, 3), np.arange(3.0))
    line.load(depth.state())
    with pytest.raises(DataError, match="ols has 1 slopes for 30 features"):
        line.predict(cells)
    with pytest.raises(DataError, match="it needs a space whose members have equally many"):
        DistilledFeatures(ONE_BLOCK, "genes").rows(drawn(ONE_BLOCK, 30))
    assert Mlp(
        3,
        MlpRecipe(width=2, depth=1, steps=1, batch_size=1, learning_rate=1.0, standardise=True, patience=1),
        torch.Generator(),
    ).predict(torch.zeros(4, 3)).shape == (4,)
