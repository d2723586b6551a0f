"""Measurements with further columns that predictors fill, as the latency of a device."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nasray.core.errors import require
from nasray.core.evaluator import Evaluator
from nasray.core.measurement import Measurement, TestScore
from nasray.core.predictor import Predictor
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


@dataclass(kw_only=True)
class PredictedColumns:
    """Adds what predictors say of an architecture to what another evaluator measures of it.

    So a latency that nobody can measure here is an objective or a constraint like any column.

    Args:
        inner: Who measures.
        predictors: Name of a column -> who fills it.

    Raises:
        ConfigError: No column is added.
    """

    inner: Evaluator
    predictors: Mapping[str, Predictor]
    metric: str = field(init=False)
    chunk_size: int = field(init=False)

    def __post_init__(self) -> None:
        """Take over what the inner evaluator is."""
        require(len(self.predictors) > 0, "PredictedColumns adds no column; name one under predictors, or drop it")
        self.metric, self.chunk_size = self.inner.metric, self.inner.chunk_size

    @property
    def columns(self) -> Sequence[str]:
        """What is measured besides the value."""
        return (*getattr(self.inner, "columns", ()), *self.predictors)

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """The inner measurements, a column more for every predictor.

        Raises:
            Exception: What the inner evaluator or a predictor raises.
            NotFinite: A predictor gave no finite number.
        """
        asked = [one.architecture for one in proposals]
        said = {name: one.predict(asked).tolist() for name, one in self.predictors.items()}
        return [
            replace(one, columns={**one.columns, **{name: values[at] for name, values in said.items()}})
            for at, one in enumerate(self.inner.evaluate(proposals, streams))
        ]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """The inner TEST score."""
        return self.inner.test(proposal, streams)
