"""The host without Ray: it is a class like any other."""

import asyncio
import os
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest

from nasray.actors.batching import Batching
from nasray.actors.host import Host
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.core.errors import ConfigError, DataError
from nasray.records.store import Store


@dataclass
class Adder:
    """Adds what it learnt, and a thousandth of the batch's size."""

    learnt: float = 0.0

    def predict(self, items):
        return np.array([item + self.learnt + len(items) / 1000 for item in items])

    def fit(self, architectures, values):
        if not len(architectures):
            raise DataError("nothing to learn from")
        self.learnt = float(sum(values))

    def state(self):
        return str(self.learnt).encode()

    def load(self, state):
        self.learnt = float(state)


@pytest.fixture
def recipe(tmp_path):
    return HostRecipe(
        identity=Identity.of("adder", {}, None),
        factory=Adder,
        method="predict",
        batching=Batching(size=8, window_ms=0),
        store=Store(root=str(tmp_path)),
    )


def run(*steps):
    async def all_of_them():
        return [await step() for step in steps]

    return asyncio.run(all_of_them())


def test_every_batch_has_the_fixed_shape(recipe):
    host = Host(recipe)
    got = run(partial(host.call, recipe.identity, "", [1]), partial(host.call, recipe.identity, "", list(range(9))))
    assert got[0] == [1.008]
    assert got[1] == [item + 0.008 for item in range(9)]


def test_each_client_is_served_from_what_it_taught(recipe):
    host, me = Host(recipe), recipe.identity
    first, second = run(partial(host.learn, me, ["x"], [10.0]), partial(host.learn, me, ["x"], [20.0]))
    assert run(*[partial(host.call, me, key, [1]) for key in (first, second, "")]) == [[11.008], [21.008], [1.008]]


def test_a_host_that_lost_its_memory_finds_what_was_learnt_in_the_store(recipe):
    (knowledge,) = run(partial(Host(recipe).learn, recipe.identity, ["x"], [10.0]))
    assert run(partial(Host(recipe).call, recipe.identity, knowledge, [1])) == [[11.008]]


def test_it_forgets_the_least_used_of_many_and_reads_it_again(recipe):
    host, me = Host(recipe), recipe.identity
    keys = run(*[partial(host.learn, me, ["x"], [float(n)]) for n in range(20)])
    assert run(*[partial(host.call, me, key, [0]) for key in keys]) == [[n + 0.008] for n in range(20)]


def test_its_health(recipe):
    host = Host(recipe)
    idle, _, busy = run(host.health, partial(host.call, recipe.identity, "", [1, 2, 3]), host.health)
    up_seconds = idle.pop("up_seconds")
    assert 0 <= up_seconds <= busy.pop("up_seconds")
    assert idle == {
        "name": recipe.identity.name,
        "version": recipe.identity.version,
        "configuration": recipe.identity.configuration,
        "pid": os.getpid(),
        "calls": 0,
        "items": 0,
        "batches": 0,
        "batch_size": 8,
        "mean_batch_size": 0.0,
        "queue_length": 0,
    }
    assert busy == {**idle, "calls": 1, "items": 3, "batches": 1, "mean_batch_size": 3.0}


@pytest.mark.parametrize("method", ["call", "learn"])
def test_strangers_are_refused(recipe, method):
    stranger = replace(recipe.identity, configuration="other")
    with pytest.raises(ConfigError, match="its client wants other"):
        run(partial(getattr(Host(recipe), method), stranger, "", []))


def test_what_the_part_raises_reaches_the_caller(recipe):
    with pytest.raises(DataError, match="nothing to learn from"):
        run(partial(Host(recipe).learn, recipe.identity, [], []))
