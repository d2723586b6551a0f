"""Where chunks wait for the worker that evaluates them."""

import asyncio
from collections import deque
from contextlib import suppress

import ray

from nasray.core.executor import Chunk

PATIENCE_SECONDS = 30.0
"""How long the chunk of a worker that died waits for its successor, which knows more about it, before anybody gets it:
there may never be one, where a node is gone."""


@ray.remote(num_cpus=0)
class Desk:
    """A queue of chunks that remembers what each worker holds.

    A worker that died is restarted by Tune under the same name: it finds on the desk the chunk that its predecessor
    held, and how many workers that chunk took down; so nothing but what was in flight is evaluated twice, and a
    candidate that kills its workers is known. Where no successor comes, another worker gets the chunk.
    """

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._waiting: deque[Chunk] = deque()
        self._held: dict[str, Chunk] = {}
        self._orphaned: dict[str, float] = {}  # worker that died holding a chunk -> when anybody may have it
        self._begun: dict[int, int] = {}
        self._suspects: dict[int | str, int] = {}
        self._visits: dict[str, int] = {}
        self._closed = False
        self._changed = asyncio.Event()

    async def put(self, chunks: list[Chunk], delivered: int | None) -> None:
        """Queue chunks; the chunk that was delivered is held no longer."""
        for worker in [name for name, chunk in self._held.items() if chunk.number == delivered]:
            del self._held[worker]
            self._orphaned.pop(worker, None)
        self._waiting.extend(chunks)
        self._wake()

    async def take(self, worker: str, finished: int | None) -> tuple[Chunk, int] | None:
        """The next chunk for ``worker`` and how many workers died on it; None when there will be no more.

        A worker that dies while it waits here goes on waiting, since Ray does not cancel its call; it must leave when
        its successor comes, or it would take a chunk that nobody evaluates.

        Args:
            worker: Name of the worker, the same after a restart.
            finished: The chunk that this process of the worker has just reported, if any.
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
        before = self._begun.get(held.number, 0)
        self._begun[held.number] = before + 1
        return held, before

    async def bury(self, worker: str) -> None:
        """``worker`` died: its call here ends, and what it held waits for its successor, but not for ever."""
        self._enter(worker)
        if worker in self._held:
            self._orphaned[worker] = asyncio.get_running_loop().time() + PATIENCE_SECONDS

    async def suspect(self, what: int | str) -> int:
        """Something that may be deadly is begun; how often it was before, without being cleared.

        Args:
            what: The slot of a candidate, alone; or the name of a worker that builds its evaluator.
        """
        before = self._suspects.get(what, 0)
        self._suspects[what] = before + 1
        return before

    async def clear(self, what: int | str) -> None:
        """It went well."""
        self._suspects.pop(what, None)

    async def close(self) -> None:
        """There will be no more chunks."""
        self._closed = True
        self._wake()

    def _enter(self, worker: str) -> int:
        """Number the visit of a worker, so that earlier ones end."""
        self._visits[worker] = self._visits.get(worker, 0) + 1
        self._wake()
        return self._visits[worker]

    def _next(self) -> Chunk | None:
        """A chunk that has waited long enough for a successor, since the whole search waits for it; or a new one."""
        now = asyncio.get_running_loop().time()
        late = next((worker for worker, until in self._orphaned.items() if until <= now), None)
        if late is not None:
            del self._orphaned[late]
            return self._held.pop(late)
        return self._waiting.popleft() if self._waiting else None

    async def _news(self) -> None:
        """Wait until something has changed, or an orphaned chunk is anybody's."""
        left = min(self._orphaned.values(), default=None)
        if left is not None:
            left = max(0.0, left - asyncio.get_running_loop().time())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), left)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
