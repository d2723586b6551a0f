"""What tests of several folders share: measured data, one Ray cluster, a small training, deterministic hypothesis."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from nasray.core.image_set import Images, ImageSet

MIRROR_VARIABLE = "NASRAY_DATA_MIRROR"
REPOSITORY = Path(__file__).resolve().parents[1]

# Derandomized: a red test is red for everybody. `pytest --hypothesis-profile=explore` looks for new examples.
settings.register_profile("deterministic", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of measured data; the test is skipped where there is none."""
    named = os.environ.get(MIRROR_VARIABLE)
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        where = f"{MIRROR_VARIABLE}={named} is not a folder" if named else f"{MIRROR_VARIABLE} is not set"
        pytest.skip(f"needs the measured data: {where}; set it to a folder that holds the tables")
    return folder


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """The address of the session's only Ray cluster, two CPUs; this process is connected to it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    ray.init(
        address="local",
        num_cpus=2,
        namespace="nasray",
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
    )
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@dataclass(frozen=True)
class Stripes:
    """Images of 6x6 pixels with three kinds of stripes, and noise; sizes of TRAIN, VALID and TEST."""

    noise: float
    sizes: tuple[int, int, int]

    def load(self):
        rng = np.random.default_rng(0)

        def part(n):
            y = np.arange(n) % 3
            x = rng.normal(size=(n, 1, 6, 6)) * self.noise + np.sin(np.arange(6) * (1 + y[:, None, None, None]))
            return Images(x.astype(np.float32), y)

        return ImageSet("stripes", 3, *map(part, self.sizes))


SMALL_RECIPE = {
    "epochs": 4,
    "batch_size": 8,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "weight_decay": 0.0005,
    "schedule": "cosine",
    "warmup_epochs": 0,
    "label_smoothing": 0.1,
    "augmentation": ("shift",),
    "mixed_precision": False,
}


@pytest.fixture(scope="session")
def small_training() -> Callable[..., Any]:
    """``small_training(folder, noise, sizes, recipe, …)``: trains tiny cells on stripes, weights kept in ``folder``."""
    from nasray.evaluators.training import Training
    from nasray.models.recipe import Recipe
    from nasray.records.store import Store
    from nasray.spaces.nasbench201 import NasBench201

    def make(folder: Path, *, noise: float, sizes: tuple[int, int, int], recipe: dict[str, Any], **changes: Any):
        settings = {
            "space": NasBench201(channels=2, cells_per_stage=1),
            "images": Stripes(noise, sizes),
            "recipe": Recipe(**{**SMALL_RECIPE, **recipe}),
            "acceleration": None,
            "device": "cpu",
            "torch_threads": 1,
            "report_every_epochs": 0,
            "checkpoint_every_epochs": 0,
            "keep_weights": True,
            "store": Store(root=str(folder / "store")),
            "checkpoint_folder": folder / "checkpoints",
        }
        return Training(**{**settings, **changes})

    return make
