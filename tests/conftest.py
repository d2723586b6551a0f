"""What tests of several folders share: the measured data, one Ray cluster, deterministic hypothesis."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

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
