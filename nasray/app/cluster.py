"""Connects to Ray, for executors that need it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from nasray.app.schema import RunConfig
from nasray.core.errors import ConfigError


def needs_ray(config: RunConfig) -> bool:
    """Whether the executor runs on a Ray cluster."""
    return str(config.executor.get("_target_", "")).startswith("nasray.tune.")


@contextmanager
def connected(config: RunConfig) -> Iterator[None]:
    """A Ray cluster while the search runs: the one this process is connected to already, a named one, or a new one.

    Raises:
        ConfigError: The named cluster cannot be reached.
    """
    if not needs_ray(config) or ray.is_initialized():
        yield
        return
    address = config.ray.address
    sizes = {} if address else {"num_cpus": config.ray.num_cpus, "num_gpus": config.ray.num_gpus}
    try:
        ray.init(
            address=address or "local",
            namespace="nasray",
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **sizes,
        )
    except ConnectionError as error:
        raise ConfigError(
            f"no Ray cluster answers at {address!r} ({error}); start one (`ray start --head`), correct ray.address or "
            "RAY_ADDRESS, or use ray=local without RAY_ADDRESS"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def room(config: RunConfig) -> int:
    """How many workers of the configured size the cluster has room for; at least 1, which then waits for resources.

    Without a cluster (the simulator) there is one.
    """
    if not needs_ray(config):
        return 1
    resources = ray.cluster_resources()
    cpus, gpus = float(config.executor["cpus_per_worker"]), float(config.executor["gpus_per_worker"])
    fits = [int(resources.get(name, 0) // need) for name, need in (("CPU", cpus), ("GPU", gpus)) if need > 0]
    return max(1, min(fits, default=1))
