import pickle

import numpy as np
import pytest

from nasray.app.catalogs import space_named
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.predictors.hat_latency import N_WEIGHTS, HatLatency, fitted_weights, milliseconds

SPACE = space_named("hat")
MEMBERS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(60)]
FEATURES = np.array([SPACE.averaged_features(one) for one in MEMBERS])


def latencies(features):
    """5 ms, and for every decoder layer 30 ms and 2 ms for each 1,024 inner units of its feed-forward block."""
    return 5 + features[:, 5] * (30 + features[:, 6] / 512)


def test_a_law_of_that_form_is_found_exactly():
    weights = fitted_weights(FEATURES[:40], latencies(FEATURES[:40]))
    np.testing.assert_allclose(milliseconds(weights, FEATURES[40:]), latencies(FEATURES[40:]), rtol=1e-9)
    assert milliseconds(weights, FEATURES[:1])[0] == milliseconds(weights, FEATURES)[0]


def test_weights_by_hand():
    """The constant, and the fourth feature: mean heads of the encoder, in eighths."""
    weights = np.zeros(N_WEIGHTS)
    weights[[0, 4]] = 10, 80
    np.testing.assert_allclose(milliseconds(weights, FEATURES), 10 + 10 * FEATURES[:, 3])


def test_devices_differ_and_depth_costs():
    gpu, pi = (HatLatency(space=SPACE, device=f"wmt14ende_{name}") for name in ("gpu_titanxp", "cpu_raspberrypi"))
    assert not gpu.higher_is_better
    assert (10 * gpu.predict(MEMBERS) < pi.predict(MEMBERS)).all()  # 42-373 ms against 3-12 s in the tables
    assert np.corrcoef(gpu.predict(MEMBERS), FEATURES[:, 5])[0, 1] > 0.9
    assert gpu.predict([]).shape == (0,)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(gpu)).predict(MEMBERS), gpu.predict(MEMBERS))


def test_what_it_refuses():
    with pytest.raises(CapabilityError, match="predictor hat_latency needs a space with AveragedFeatures"):
        HatLatency(space=space_named("nasbench201"), device="wmt14ende_gpu_titanxp")
    with pytest.raises(ConfigError, match=r"device \('gpu'\) was not measured; choose one of iwslt14deen_gpu"):
        HatLatency(space=SPACE, device="gpu")
    with pytest.raises(DataError, match=r"features of shape \(60, 10\) and latencies of shape \(59,\); it needs"):
        fitted_weights(FEATURES, np.ones(59))
    with pytest.raises(DataError, match="with R at least 21"):
        fitted_weights(FEATURES[:20], np.ones(20))
    with pytest.raises(DataError, match="a number that is not finite; leave that row out"):
        fitted_weights(FEATURES, np.full(60, np.nan))
