"""Makes batches out of calls that arrive at about the same time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nasray.actors.batching import Batching


@dataclass(frozen=True, slots=True)
class _Item:
    """One item that waits for its answer."""

    key: str
    value: Any
    answer: asyncio.Future[Any]
    since: float


class Batcher:
    """Collects the items of concurrent calls and runs them together, oldest first.

    Lives in one event loop. Items of different keys never share a batch. When a batch raises, its items are run one
    by one, so that an item that cannot be answered spoils its own call and no other.

    Args:
        run: Answers the items of one key, at most ``batching.size`` of them.
        batching: Size and window.

    Attributes:
        calls: Calls so far.
        items: Items answered so far, padding not counted.
        batches: Batches run so far.
    """

    def __init__(self, run: Callable[[str, list[Any]], Awaitable[list[Any]]], batching: Batching) -> None:
        """Nothing waits yet."""
        self.calls = self.items = self.batches = 0
        self._run, self._size, self._window = run, batching.size, batching.window_ms / 1000
        self._waiting: deque[_Item] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._arrival = asyncio.Event()

    @property
    def n_waiting(self) -> int:
        """Items that no batch has taken yet."""
        return len(self._waiting)

    async def submit(self, key: str, values: Sequence[Any]) -> list[Any]:
        """One answer a value, in order.

        Raises:
            Exception: What ``run`` raised for one of these values.
        """
        loop = asyncio.get_running_loop()
        items = [_Item(key, value, loop.create_future(), loop.time()) for value in values]
        self.calls += 1
        self._waiting.extend(items)
        self._arrival.set()
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return list(await asyncio.gather(*[item.answer for item in items]))

    async def _work(self) -> None:
        while self._waiting:
            await self._wait_for_more()
            await self._serve(self._next_batch())

    async def _wait_for_more(self) -> None:
        """Until a batch could be full, or the oldest item has waited for the window."""
        loop = asyncio.get_running_loop()
        until = self._waiting[0].since + self._window
        while len(self._waiting) < self._size and (left := until - loop.time()) > 0:
            self._arrival.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrival.wait(), left)

    def _next_batch(self) -> list[_Item]:
        """The oldest item and those behind it that may share its batch."""
        key = self._waiting[0].key
        batch: list[_Item] = []
        others: list[_Item] = []
        while self._waiting and len(batch) < self._size:
            item = self._waiting.popleft()
            (batch if item.key == key else others).append(item)
        self._waiting.extendleft(reversed(others))
        return batch

    async def _serve(self, batch: list[_Item]) -> None:
        # gather hands over whatever the part raises as a value: it belongs to the caller, not to this loop.
        running = self._run(batch[0].key, [item.value for item in batch])
        answers = (await asyncio.gather(running, return_exceptions=True))[0]
        self.batches += 1
        if isinstance(answers, BaseException) and len(batch) > 1:
            for item in batch:
                await self._serve([item])
            return
        self.items += len(batch)
        for index, item in enumerate(batch):
            if item.answer.done():  # its caller is gone
                continue
            if isinstance(answers, BaseException):
                item.answer.set_exception(answers)
            else:
                item.answer.set_result(answers[index])
