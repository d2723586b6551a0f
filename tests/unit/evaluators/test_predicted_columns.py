import numpy as np
import pytest

from nasray.core.errors import ConfigError, NotFinite
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.predicted_columns import PredictedColumns
from nasray.evaluators.synthetic import Synthetic
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
MEMBERS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(5)]
PROPOSALS = [Proposal(slot, one) for slot, one in enumerate(MEMBERS)]


class Genes:
    higher_is_better = False

    def __init__(self, factor):
        self.factor = factor

    def predict(self, architectures):
        return np.array([self.factor * sum(one.genes) for one in architectures])


def make(**predictors):
    inner = Synthetic(space=SPACE, n_choices=5, chunk_size=8)
    return inner, PredictedColumns(inner=inner, predictors=predictors)


def test_columns_are_added_and_the_rest_stays():
    inner, evaluator = make(latency_ms=Genes(2.0))
    assert (evaluator.metric, evaluator.chunk_size) == (inner.metric, inner.chunk_size)
    assert list(evaluator.columns)[-1:] == ["latency_ms"]
    plain, more = (one.evaluate(PROPOSALS, Streams(0, "evaluator")) for one in (inner, evaluator))
    assert [one.value for one in more] == [one.value for one in plain]
    assert [one.columns["latency_ms"] for one in more] == [2.0 * sum(one.genes) for one in MEMBERS]
    assert evaluator.test(PROPOSALS[0], Streams(0, "test")) == inner.test(PROPOSALS[0], Streams(0, "test"))


def test_what_it_refuses():
    with pytest.raises(ConfigError, match="PredictedColumns adds no column; name one under predictors"):
        make()
    with pytest.raises(NotFinite, match="latency_ms"):
        make(latency_ms=Genes(np.nan))[1].evaluate(PROPOSALS, Streams(0, "evaluator"))
