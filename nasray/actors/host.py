"""The one actor behind every shared model."""

import asyncio
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nasray.actors.batcher import Batcher
from nasray.actors.batching import run_padded
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity

Answer = TypeVar("Answer")

_SWITCH_SECONDS = 0.0005  # the part's thread gives the interpreter away at every operation; by default the loop and
# the thread that packs answers may keep it for 5 ms each time, which cost a fifth of the scores a second

_KEPT = 8  # learnt parts in memory: that of every search that is at work, and a few that pause


class Host:
    """Builds one part and serves it to all clients in padded batches of a fixed shape.

    Async, so that calls arrive while the part works; the part itself is called by one thread. A host that learns for
    many searches keeps them apart: what ``learn`` returns is the address of the part's state in the store, which the
    client gives with every call. So a host that was restarted, anywhere on the cluster, knows all that it knew.

    Args:
        recipe: What it is made of.
    """

    def __init__(self, recipe: HostRecipe) -> None:
        """Build nothing yet: an error in the factory belongs to the first caller."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._recipe = recipe
        self._batcher = Batcher(self._answers, recipe.batching)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._parts: OrderedDict[str, Any] = OrderedDict()
        self._started = time.monotonic()

    async def call(self, client: Identity, knowledge: str, items: Sequence[Any]) -> list[Any]:
        """One answer an item.

        Args:
            client: Whom the client takes this host for.
            knowledge: What ``learn`` returned, or empty for the part as it was built.
            items: What the part is asked.

        Raises:
            ConfigError: The client wants another version or configuration.
            Exception: What the part raised.
        """
        self._recipe.identity.admit(client)
        return await self._batcher.submit(knowledge, items)

    async def learn(self, client: Identity, architectures: Sequence[Any], values: NDArray[np.float64]) -> str:
        """Fit a new part; the address of what it learnt.

        Raises:
            ConfigError: The client wants another version or configuration.
            Exception: What the part raised.
        """
        self._recipe.identity.admit(client)
        return await self._alone(self._learn, architectures, values)

    async def health(self) -> dict[str, Any]:
        """Who this host is and what it did since it was started last."""
        done = self._batcher
        return {
            "name": self._recipe.identity.name,
            "version": self._recipe.identity.version,
            "configuration": self._recipe.identity.configuration,
            "pid": os.getpid(),
            "up_seconds": time.monotonic() - self._started,
            "calls": done.calls,
            "items": done.items,
            "batches": done.batches,
            "batch_size": self._recipe.batching.size,
            "mean_batch_size": done.items / done.batches if done.batches else 0.0,
            "queue_length": done.n_waiting,
        }

    async def _alone(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        """``function`` on the part's own thread, while this loop goes on receiving."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    async def _answers(self, knowledge: str, items: list[Any]) -> list[Any]:
        return await self._alone(self._run, knowledge, items)

    def _run(self, knowledge: str, items: list[Any]) -> list[Any]:
        ask = getattr(self._part(knowledge), self._recipe.method)
        return run_padded(ask, items, self._recipe.batching.size)

    def _learn(self, architectures: Sequence[Any], values: NDArray[np.float64]) -> str:
        part = self._recipe.factory()
        part.fit(architectures, values)
        knowledge = self._recipe.store.put(part.state())
        self._keep(knowledge, part)
        return knowledge

    def _part(self, knowledge: str) -> Any:
        if knowledge not in self._parts:
            part = self._recipe.factory()
            if knowledge:
                part.load(self._recipe.store.get(knowledge))
            self._keep(knowledge, part)
        self._parts.move_to_end(knowledge)
        return self._parts[knowledge]

    def _keep(self, knowledge: str, part: Any) -> None:
        self._parts[knowledge] = part
        while len(self._parts) > _KEPT:
            self._parts.popitem(last=False)
