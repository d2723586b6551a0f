"""Scores a second of one host that serves a graph network to 16 clients at once.

Run: ``python benchmarks/hosts_speed.py``. A GCN of the default shape, NAS-Bench-201 cells; four processes with four
clients each, every client asks for 64 cells at a time. ``ratio_to_unbatched``: beside the same host with batches of a
single cell. ``host_us``: CPU microseconds of a score in the host's process; ``model_us_batch_N``: without
host and clients. From the first call to the last answer, starts apart. The last line is one JSON object.
"""

import argparse
import copy
import json
import logging
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import psutil
import ray
from hydra import compose, initialize_config_module

from nasray.actors import directory
from nasray.actors.batching import Batching
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.actors.remote_learner import RemoteLearner
from nasray.predictors.gcn import Gcn
from nasray.records.store import Store
from nasray.spaces.nasbench201 import NasBench201

PROCESSES, CLIENTS, CELLS = 4, 4, 64
"""CLIENTS a process, CELLS a call."""

SPACE = NasBench201(channels=16, cells_per_stage=5)


def network_settings() -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        settings: Any = compose("run", ["predictor=gcn", "strategy=screened"]).predictor
    return {name: value for name, value in settings.items() if name != "_target_"} | {"epochs": 2}


def model_microseconds() -> dict[str, float]:
    """CPU time of a score in this process, without a host, by the size of the batch."""
    rng = np.random.default_rng(0)
    cells = [SPACE.sample(rng) for _ in range(1024)]
    network = Gcn(space=SPACE, **network_settings())
    network.fit(cells[:64], rng.random(64))
    found: dict[str, float] = {}
    for size in (1, 16, 64, 256):
        network.predict(cells[:size])
        begun = time.process_time()
        for first in range(0, 64 if size == 1 else len(cells), size):
            network.predict(cells[first : first + size])
        scored = 64 if size == 1 else len(cells)
        found[f"model_us_batch_{size}"] = round(1e6 * (time.process_time() - begun) / scored, 1)
    return found


def client_of(batch_size: int, window_ms: float, folder: str) -> RemoteLearner:
    made_of = network_settings()
    identity = Identity.of("gcn", {**made_of, "batch_size": batch_size, "window_ms": window_ms}, None)
    recipe = HostRecipe(
        identity=identity,
        factory=partial(Gcn, space=SPACE, **made_of),
        method="predict",
        batching=Batching(size=batch_size, window_ms=window_ms),
        store=Store(root=folder),
    )
    return RemoteLearner(identity=identity, higher_is_better=True, recipe=recipe)


@ray.remote(num_cpus=0)
class Asker:
    """A process with some clients, each in a thread of its own."""

    def ready(self, client: RemoteLearner, seed: int) -> None:
        """Draw cells and connect."""
        rng = np.random.default_rng(seed)
        self._cells = [[SPACE.sample(rng) for _ in range(CELLS)] for _ in range(CLIENTS)]
        self._clients = [copy.copy(client) for _ in range(CLIENTS)]
        self.ask(1)

    def ask(self, calls: int) -> list[float]:
        """Seconds of every call."""

        def of(number: int) -> list[float]:
            seconds: list[float] = []
            for _ in range(calls):
                begun = time.perf_counter()
                self._clients[number].predict(self._cells[number])
                seconds.append(time.perf_counter() - begun)
            return seconds

        with ThreadPoolExecutor(CLIENTS) as threads:
            return [one for found in threads.map(of, range(CLIENTS)) for one in found]


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def measured(askers: list[Any], client: RemoteLearner, calls: int) -> dict[str, float]:
    rng = np.random.default_rng(0)
    client.fit([SPACE.sample(rng) for _ in range(64)], rng.random(64))
    ray.get([asker.ready.remote(client, seed) for seed, asker in enumerate(askers)])
    before, begun = client.health(), time.perf_counter()
    worked = cpu_seconds(before["pid"])
    seconds = np.concatenate(ray.get([asker.ask.remote(calls) for asker in askers]))
    wall, after = time.perf_counter() - begun, client.health()
    worked = cpu_seconds(before["pid"]) - worked
    directory.stop(client.identity.name)
    scored = after["items"] - before["items"]
    return {
        "scores_per_second": scored / wall,
        "host_us": 1e6 * worked / scored,
        "mean_batch_size": scored / (after["batches"] - before["batches"]),
        "milliseconds_a_call": 1000 * float(np.median(seconds)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-size", type=int, default=256, help="host.batch_size")
    parser.add_argument("--window-ms", type=float, default=2.0, help="host.window_ms")
    parser.add_argument("--calls", type=int, default=200, help="calls of every client")
    asked = parser.parse_args()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR, namespace="nasray")
    with tempfile.TemporaryDirectory() as folder:
        askers = [Asker.remote() for _ in range(PROCESSES)]
        many = measured(askers, client_of(asked.batch_size, asked.window_ms, folder), asked.calls)
        one = measured(askers, client_of(1, 0.0, folder), max(1, asked.calls // 20))
    ray.shutdown()
    print(f"bars: > 20,000 scores a second, > 5 x unbatched; {os.cpu_count()} cores for host, clients and Ray")
    figures = {
        **model_microseconds(),
        **{name: round(value, 1) for name, value in many.items()},
        "unbatched_host_us": round(one["host_us"], 1),
        "ratio_to_unbatched": round(many["scores_per_second"] / one["scores_per_second"], 1),
        "unbatched_per_second": round(one["scores_per_second"], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
