"""Where chunks wait for the worker that evaluates them."""

import asyncio
from collections import deque

import ray

from nasray.core.executor import Chunk


@ray.remote(num_cpus=0)
class Desk:
    """A queue of chunks that remembers what each worker holds.

    A worker that died is restarted by Tune under the same name: it finds on the desk the chunk that its predecessor
    held, and how many workers that chunk took down; so nothing but what was in flight is evaluated twice, and a
    candidate that kills its workers is known.
    """

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._waiting: deque[Chunk] = deque()
        self._held: dict[str, Chunk] = {}
        self._begun: dict[int, int] = {}
        self._suspects: dict[int | str, int] = {}
        self._visits: dict[str, int] = {}
        self._closed = False
        self._changed = asyncio.Event()

    async def put(self, chunks: list[Chunk], delivered: int | None) -> None:
        """Queue chunks; the chunk that was delivered is held no longer."""
        for worker in [name for name, chunk in self._held.items() if chunk.number == delivered]:
            del self._held[worker]
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
        visit = self._visits[worker] = self._visits.get(worker, 0) + 1
        self._wake()
        held = self._held.get(worker)
        if held is not None and held.number == finished:
            del self._held[worker]
            held = None
        while held is None:
            if self._visits[worker] != visit:
                return None
            if self._waiting:
                held = self._waiting.popleft()
            elif self._closed:
                return None
            else:
                await self._changed.wait()
        self._held[worker] = held
        before = self._begun.get(held.number, 0)
        self._begun[held.number] = before + 1
        return held, before

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

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
