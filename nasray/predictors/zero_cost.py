"""Zero-cost proxies as scores, computed on untrained networks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.image_set import Images
from nasray.core.space import ModuleView, SearchSpace, need
from nasray.models.zero_cost.initialisation import INITIALISATIONS, Initialisation
from nasray.models.zero_cost.proxies import check_proxy, zero_cost_score

FAILED = -1e8
"""The score of an architecture whose score cannot be computed, as in the published tables: below all others."""


@dataclass(kw_only=True)
class ZeroCost:
    """One zero-cost proxy.

    Abdelfattah et al. 2021, "Zero-Cost Proxies for Lightweight NAS", https://arxiv.org/abs/2101.08134, and the papers
    named in ``nasray/models/zero_cost``.

    Every network begins with weights from the same ``seed`` and sees the same images: those handed over, else standard
    normal noise with every label as often as any other. An architecture is scored once.

    Args:
        space: Must offer ModuleView.
        proxy: Name in ``models/zero_cost/proxies.py``.
        input_shape: ``(C, H, W)`` of one image.
        n_classes: Width of the classifier.
        batch_size: B, images.
        initialisation: ``torch`` as in the published values, or ``he``.
        seed: Of weights and noise.
        images: What networks are shown, at least B of them; None for noise.

    Raises:
        CapabilityError: The space cannot be built as networks.
        ConfigError: An unknown proxy or initialisation, an impossible number, or images that do not fit.
    """

    space: SearchSpace
    proxy: str
    input_shape: tuple[int, int, int]
    n_classes: int
    batch_size: int
    initialisation: Initialisation
    seed: int
    images: Images | None = None
    higher_is_better: bool = field(default=True, init=False)
    _known: dict[Architecture, float] = field(default_factory=dict[Architecture, float], init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be computed."""
        self._networks = need(self.space, ModuleView, "predictor zero_cost")
        check_proxy(self.proxy)
        shape, n = list(self.input_shape), self.batch_size
        require(
            len(shape) == 3 and min(shape) >= 1,
            f"ZeroCost input_shape ({shape}) must be channels, height and width, each at least 1",
        )
        require(self.n_classes >= 2, f"ZeroCost n_classes ({self.n_classes}) must be at least 2")
        require(n >= 2, f"ZeroCost batch_size ({n}) must be at least 2: images are compared with each other")
        require(self.seed >= 0, f"ZeroCost seed ({self.seed}) must not be negative")
        require(
            self.initialisation in INITIALISATIONS,
            f"ZeroCost initialisation ({self.initialisation!r}) must be one of {', '.join(INITIALISATIONS)}",
        )
        if self.images is not None:
            got = list(self.images.x.shape)
            require(
                got[0] >= n and got[1:] == shape,
                f"ZeroCost got images of shape {got}; it needs at least {n} of shape {shape}: hand over others, or "
                "correct batch_size and input_shape",
            )

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores; -1e8 where none can be computed."""
        for one in architectures:
            if one not in self._known:
                self._known[one] = self._computed(one)
        return np.array([self._known[one] for one in architectures], dtype=np.float64)

    def _computed(self, architecture: Architecture) -> float:
        channels, height, width = self.input_shape
        plan = self._networks.plan(architecture, (channels, height, width), self.n_classes)
        score = zero_cost_score(self.proxy, plan, self._batch(), self.initialisation, self.seed)
        return score if math.isfinite(score) else FAILED

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        if self.images is not None:
            first = slice(self.batch_size)
            return torch.from_numpy(self.images.x[first]), torch.from_numpy(self.images.y[first])
        rng = torch.Generator().manual_seed(self.seed)
        noise = torch.randn((self.batch_size, *self.input_shape), generator=rng)
        return noise, torch.arange(self.batch_size) % self.n_classes
