import pickle

import numpy as np
import pytest

from nasray.app.catalogs import space_named
from nasray.core.errors import CapabilityError, DataError
from nasray.predictors.hat_latency import N_WEIGHTS, HatLatency

SPACE = space_named("hat")
MEMBERS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(60)]
FEATURES = np.array([SPACE.averaged_features(one) for one in MEMBERS])


def latencies(features):
    """5 ms, and for every decoder layer 30 ms and 2 ms for each 1,024 inner units of its feed-forward block."""
    return 5 + features[:, 5] * (30 + features[:, 6] / 512)


def test_a_law_of_that_form_is_found_exactly():
    predictor = HatLatency.fitted(SPACE, FEATURES[:40], latencies(FEATURES[:40]))
    assert not predictor.higher_is_better
    np.testing.assert_allclose(predictor.predict(MEMBERS[40:]), latencies(FEATURES[40:]), rtol=1e-9)
    assert predictor.predict([]).shape == (0,)
    assert predictor.predict(MEMBERS[:1])[0] == predictor.predict(MEMBERS)[0]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(predictor)).predict(MEMBERS), predictor.predict(MEMBERS))


def test_weights_by_hand():
    """The constant, and the fourth feature: mean heads of the encoder, in eighths."""
    weights = np.zeros(N_WEIGHTS)
    weights[[0, 4]] = 10, 80
    np.testing.assert_allclose(HatLatency(space=SPACE, weights=weights).predict(MEMBERS), 10 + 10 * FEATURES[:, 3])


def test_what_it_refuses():
    with pytest.raises(CapabilityError, match="predictor hat_latency needs a space with AveragedFeatures"):
        HatLatency(space=space_named("nasbench201"), weights=np.zeros(N_WEIGHTS))
    with pytest.raises(DataError, match=r"HatLatency got weights of shape \(3,\); it needs 21 finite numbers"):
        HatLatency(space=SPACE, weights=np.zeros(3))
    with pytest.raises(DataError, match=r"features of shape \(60, 10\) and latencies of shape \(59,\); it needs"):
        HatLatency.fitted(SPACE, FEATURES, np.ones(59))
    with pytest.raises(DataError, match="with R at least 21"):
        HatLatency.fitted(SPACE, FEATURES[:20], np.ones(20))
    with pytest.raises(DataError, match="a number that is not finite; leave that row out"):
        HatLatency.fitted(SPACE, FEATURES, np.full(60, np.nan))
