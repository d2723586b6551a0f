"""How long Transformers of a small hat space take on the machine that measured some of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.space import SearchSpace, need
from nasray.predictors.hat_latency import AveragedFeatures, milliseconds


@dataclass(kw_only=True)
class CpuLatency:
    """Milliseconds of one translation, by the model of ``HatLatency`` with weights of ``measure_latency.py``."""

    space: SearchSpace
    weights: str | Path
    higher_is_better: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._view = need(self.space, AveragedFeatures, "predictor cpu_latency")
        self._weights = np.array(json.loads(Path(self.weights).read_text(encoding="utf-8"))["weights"])

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        return milliseconds(self._weights, np.array([self._view.averaged_features(one) for one in architectures]))
