"""A surrogate of a surrogate: DARTS genotypes scored by our own fit of 1,218 published predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.measurement import Measurement, Split, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.darts_features import N_GENES, N_OPERATORS, darts_features
from nasray.evaluators.sum_kernel import SumKernel

DIGITS = 6
"""Predictions are rounded to so many decimals: other BLAS libraries differ in the last bits."""


class Pool(Protocol):
    """What the fit needs of a table."""

    genes: NDArray[np.int8]

    def column(self, name: str) -> NDArray[np.float64]:
        """``(N,)`` values of a column."""
        ...


@dataclass(kw_only=True)
class DartsFitted:
    """Predicts the accuracy of any DARTS genotype without ``none``; fitted when first asked, in about a second.

    NOTE: this is not NAS-Bench-301, nor a measurement: it is our fit of what that benchmark's surrogate said of 1,218
    genotypes, with a 5-fold Kendall tau of 0.81 and a mean absolute error of 0.14 points
    (``benchmarks/darts_fitted_quality.py``). A search ends where the fit is most optimistic: compare methods on it, do
    not quote its numbers as accuracies.

    Args:
        table: The open table ``darts_pool``.
        chunk_size: Most architectures to be scored at once.
        ridge: Of ``SumKernel``.
        weight: Of ``SumKernel``.
        gamma: Of ``SumKernel``.
    """

    table: Pool
    chunk_size: int
    ridge: float
    weight: float
    gamma: float
    metric: str = field(init=False, default="darts_fitted valid accuracy (%)")
    splits: frozenset[Split] = field(init=False, default=frozenset((Split.VALID,)))
    _fit: SumKernel | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Refuse a table of another space and settings that no fit can have."""
        require(self.chunk_size >= 1, f"DartsFitted chunk_size ({self.chunk_size}) must be at least 1")
        require(self.ridge > 0, f"DartsFitted ridge ({self.ridge}) must be positive: the targets have noise")
        require(self.weight >= 0, f"DartsFitted weight ({self.weight}) must not be negative; 0 is a linear fit")
        require(self.gamma > 0, f"DartsFitted gamma ({self.gamma}) must be positive")
        require(
            self.table.genes.shape[1] == N_GENES,
            f"DartsFitted needs a table of DARTS genotypes ({N_GENES} genes), but this one has "
            f"{self.table.genes.shape[1]}; set evaluator.table=darts_pool",
            CapabilityError,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the fit: it is made again from the table."""
        return {**self.__dict__, "_fit": None}

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:  # noqa: ARG002 -- nothing is random
        """The predicted accuracy of each proposal.

        Raises:
            DataError: A genotype has ``none``, of which the pool has no example, or is none of DARTS.
        """
        genes = [one.architecture.genes for one in proposals]
        for one in genes:
            if len(one) != N_GENES or max(one[1::2]) >= N_OPERATORS:
                raise DataError(
                    f"darts_fitted knows genotypes of {N_GENES} genes and operators 0 to {N_OPERATORS - 1}, got "
                    f"{list(one)}; search space=darts with allow_none=false"
                )
        values = self._fitted().predict(*darts_features(np.array(genes, np.int64).reshape(-1, N_GENES)))
        return [Measurement(round(float(value), DIGITS)) for value in values]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:  # noqa: ARG002 -- there is none for anybody
        """There is no TEST.

        Raises:
            DataError: Always; ``splits`` says so before.
        """
        raise DataError("darts_fitted predicts VALID only: no TEST accuracy was published; train the winner instead")

    def _fitted(self) -> SumKernel:
        """The fit, made once."""
        if self._fit is None:
            x, z = darts_features(np.asarray(self.table.genes))
            kernel = SumKernel(ridge=self.ridge, weight=self.weight, gamma=self.gamma)
            self._fit = kernel.fit(x, z, self.table.column("cifar10_valid_100"))
        return self._fit
