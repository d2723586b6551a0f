"""Where orders wait for the worker that does them."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

import ray

from nasray.tune.order import Order

NAMESPACE = "nasray-searches"
"""Where the desks of all crews on a cluster are found, by names that say whose they are."""

PATIENCE_SECONDS = 30.0
"""How long the order of a worker that died waits for its successor, which knows more about it, before anybody gets it:
there may never be one, where a node is gone."""

JOB_CANDIDATES = 10
"""What is no evaluation may take as long as so many candidates: an evaluator is built, a winner trained for longer."""


@ray.remote(num_cpus=0)
class Desk:
    """A queue of orders that remembers what each worker holds.

    A worker that died is restarted by Tune under the same name: it finds on the desk the order that its predecessor
    held, and how many workers that order took down; so nothing but what was in flight is evaluated twice, and a
    candidate that kills its workers is known. Where no successor comes, another worker gets the order.
    """

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._shift = b""
        self._waiting: deque[Order] = deque()
        self._held: dict[str, Order] = {}
        self._due: dict[str, float] = {}  # worker that holds an order -> when it must have come back
        self._orphaned: dict[str, float] = {}  # worker that died holding an order -> when anybody may have it
        self._begun: dict[int, int] = {}
        self._suspects: dict[str, int] = {}
        self._need = ""
        self._visits: dict[str, int] = {}
        self._closed = False
        self._changed = asyncio.Event()

    async def begin(self, shift: bytes) -> None:
        """Orders from now on are those of another search.

        Args:
            shift: What workers must know of it, a pickled ``Shift``.
        """
        self._shift = shift
        self._begun.clear()
        self._suspects.clear()

    async def shift(self) -> bytes:
        """What workers must know of the search that they work for."""
        return self._shift

    async def put(self, orders: list[Order], delivered: int | None) -> None:
        """Queue orders; the one that was delivered is held no longer."""
        for worker in [name for name, order in self._held.items() if order.number == delivered]:
            del self._held[worker]
            self._orphaned.pop(worker, None)
            self._due.pop(worker, None)
        self._waiting.extend(orders)
        self._wake()

    async def take(self, worker: str, finished: int | None) -> tuple[Order, int] | None:
        """The next order for ``worker`` and how many workers died on it; None when there will be no more.

        A worker that dies while it waits here goes on waiting, since Ray does not cancel its call; it must leave when
        its successor comes, or it would take an order that nobody does.

        Args:
            worker: Name of the worker, the same after a restart.
            finished: The order that this process of the worker has just reported, if any.
        """
        visit = self._enter(worker)
        self._orphaned.pop(worker, None)
        held = self._held.get(worker)
        if held is not None and held.number == finished:
            del self._held[worker]
            held = None
        while held is None:
            if self._visits[worker] != visit:
                return None
            held = self._next()
            if held is None and self._closed:
                return None
            if held is None:
                await self._news()
        self._held[worker] = held
        self._allow(worker, held.candidates)
        before = self._begun.get(held.number, 0)
        self._begun[held.number] = before + 1
        return held, before

    async def bury(self, worker: str) -> None:
        """``worker`` died: its call here ends, and what it held waits for its successor, but not for ever."""
        self._enter(worker)
        if worker in self._held:
            self._orphaned[worker] = asyncio.get_running_loop().time() + PATIENCE_SECONDS

    async def suspect(self, what: str) -> int:
        """Something that may be deadly is begun; how often it was before, without being cleared.

        Args:
            what: The mark of a candidate, alone; or the name of a worker that builds its evaluator.
        """
        before = self._suspects.get(what, 0)
        self._suspects[what] = before + 1
        self._allow(what, JOB_CANDIDATES)
        return before

    async def clear(self, what: str) -> None:
        """It went well."""
        self._suspects.pop(what, None)
        if what in self._held:
            self._allow(what, self._held[what].candidates)

    async def overdue(self, grace_seconds: float) -> dict[str, float]:
        """Workers that hold an order for longer than they may, and by how many seconds; each is told once.

        Args:
            grace_seconds: What they may have beyond the limit, at which they end themselves if they can.
        """
        now = asyncio.get_running_loop().time()
        late = {worker: now - due for worker, due in self._due.items() if now - due > grace_seconds}
        for worker in late:
            del self._due[worker]
        return late

    async def needs(self, what: str) -> None:
        """Nobody is at work for want of ``what``; empty when somebody is."""
        self._need = what

    async def state(self) -> dict[str, Any]:
        """How many orders are held and wait, and what the search waits for, if it does."""
        return {"held": len(self._held), "waiting": len(self._waiting), "needs": self._need}

    async def close(self) -> None:
        """There will be no more orders."""
        self._closed = True
        self._wake()

    def _allow(self, worker: str, candidates: int) -> None:
        """The time that ``worker`` has from now on; nothing where that is no worker at work."""
        order = self._held.get(worker)
        if order is not None and order.limit_seconds is not None:
            self._due[worker] = asyncio.get_running_loop().time() + candidates * order.limit_seconds

    def _enter(self, worker: str) -> int:
        """Number the visit of a worker, so that earlier ones end."""
        self._due.pop(worker, None)
        self._visits[worker] = self._visits.get(worker, 0) + 1
        self._wake()
        return self._visits[worker]

    def _next(self) -> Order | None:
        """An order that has waited long enough for a successor, since the whole search waits for it; or a new one."""
        now = asyncio.get_running_loop().time()
        late = next((worker for worker, until in self._orphaned.items() if until <= now), None)
        if late is not None:
            del self._orphaned[late]
            return self._held.pop(late)
        return self._waiting.popleft() if self._waiting else None

    async def _news(self) -> None:
        """Wait until something has changed, or an orphaned order is anybody's."""
        left = min(self._orphaned.values(), default=None)
        if left is not None:
            left = max(0.0, left - asyncio.get_running_loop().time())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), left)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
