"""AZ-NAS: four zero-cost proxies joined by their ranks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.models.zero_cost.proxies import AZ_NAS
from nasray.predictors.zero_cost import ZeroCost


@dataclass(kw_only=True)
class AzNas:
    """Sum over expressivity, progressivity, trainability and complexity of log(rank / m).

    Lee and Ham 2024, "AZ-NAS: Assembling Zero-Cost Proxies for Network Architecture Search",
    https://arxiv.org/abs/2403.19232, equation 11: a candidate that is bad by one proxy is not saved by another.

    Departures from the paper: an architecture is ranked within a fixed random sample of the space, not within those
    that happen to be asked about together, so that its score is its own; each is scored on the images and by the He
    weights of ``ZeroCost``.

    Args:
        space: Must offer ModuleView.
        input_shape: ``(C, H, W)`` of one image.
        n_classes: Width of the classifier.
        batch_size: Images, standard normal noise.
        reference: m - 1, size of the sample.
        seed: Of weights, images and the sample.

    Raises:
        CapabilityError: The space cannot be built as networks.
        ConfigError: An impossible number.
    """

    space: SearchSpace
    input_shape: tuple[int, int, int]
    n_classes: int
    batch_size: int
    reference: int
    seed: int
    higher_is_better: bool = field(default=True, init=False)
    _sample: NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the four proxies."""
        require(self.reference >= 1, f"AzNas reference ({self.reference}) must be at least 1")
        self._proxies = [
            ZeroCost(
                space=self.space,
                proxy=proxy,
                input_shape=self.input_shape,
                n_classes=self.n_classes,
                batch_size=self.batch_size,
                initialisation="he",
                seed=self.seed,
            )
            for proxy in AZ_NAS
        ]

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores, at most 0."""
        if self._sample is None:
            rng = Streams(self.seed, "az_nas").at(0)
            self._sample = self._scores([self.space.sample(rng) for _ in range(self.reference)])
        scores = self._scores(architectures)
        ranks = 1 + (self._sample[:, None, :] <= scores[None, :, :]).sum(axis=0)
        return np.array([sum(math.log(rank / (self.reference + 1)) for rank in row) for row in ranks.tolist()], float)

    def _scores(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A, 4)``."""
        return np.stack([proxy.predict(architectures) for proxy in self._proxies], axis=1)
