"""The desk of the Tune executor: what a worker that died held or waited for reaches its successor, and nobody else."""

import asyncio
from typing import Any

import pytest

from nasray.core.executor import Chunk
from nasray.tune import desk

A, B = Chunk(0, ()), Chunk(1, ())


@pytest.fixture
def a_desk() -> Any:
    """The class behind the actor, in this process."""
    made: Any = desk.Desk
    return made.__ray_metadata__.modified_class


async def waiting(coroutine) -> asyncio.Task:
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    assert not task.done()
    return task


def test_a_worker_that_died_while_it_waited_takes_nothing_from_its_successor(a_desk):
    async def scene():
        table = a_desk()
        dead = await waiting(table.take("worker", None))
        successor = await waiting(table.take("worker", None))
        await table.put([A], None)
        assert await successor == (A, 0)
        assert await dead is None

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_what_was_given_to_a_dead_worker_its_successor_finds_and_knows_that_one_died(a_desk):
    async def scene():
        table = a_desk()
        dead = await waiting(table.take("worker", None))
        await table.put([A, B], None)
        assert await dead == (A, 0)
        assert await table.take("worker", None) == (A, 1)
        assert await table.take("worker", A.number) == (B, 0)

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_a_closed_desk_sends_all_away(a_desk):
    async def scene():
        table = a_desk()
        first, second = await waiting(table.take("one", None)), await waiting(table.take("two", None))
        await table.close()
        assert (await first, await second, await table.take("one", None)) == (None, None, None)

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_what_a_dead_worker_held_another_gets_when_no_successor_comes(a_desk, monkeypatch):
    async def scene():
        table = a_desk()
        await table.put([A], None)
        assert await table.take("dead", None) == (A, 0)
        other = await waiting(table.take("other", None))
        monkeypatch.setattr(desk, "PATIENCE_SECONDS", 0.01)
        await table.bury("dead")
        assert await other == (A, 1)
        successor = await waiting(table.take("dead", None))
        await table.put([B], A.number)
        assert await successor == (B, 0)

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_a_successor_that_comes_in_time_gets_it(a_desk):
    async def scene():
        table = a_desk()
        await table.put([A], None)
        assert await table.take("dead", None) == (A, 0)
        await table.bury("dead")
        other = await waiting(table.take("other", None))
        assert await table.take("dead", None) == (A, 1)
        await table.close()
        assert await other is None

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_a_worker_that_died_while_it_waited_takes_nothing_where_no_successor_comes(a_desk):
    async def scene():
        table = a_desk()
        dead = await waiting(table.take("dead", None))
        other = await waiting(table.take("other", None))
        await table.bury("dead")
        assert await dead is None
        await table.put([A], None)
        assert await other == (A, 0)

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_what_was_delivered_before_its_worker_died_is_nobodys(a_desk, monkeypatch):
    async def scene():
        monkeypatch.setattr(desk, "PATIENCE_SECONDS", 0.0)
        table = a_desk()
        await table.put([A], None)
        assert await table.take("dead", None) == (A, 0)
        await table.bury("dead")
        await table.put([B], A.number)
        assert await table.take("other", None) == (B, 0)

    asyncio.run(asyncio.wait_for(scene(), timeout=5))
