"""The desk of the Tune executor: what a worker that died held or waited for reaches its successor, and nobody else."""

import asyncio
from typing import Any

import pytest

from nasray.tune import desk
from nasray.tune.order import Order


def order(number: int, candidates: int = 1, limit_seconds: float | None = None) -> Order:
    return Order(number, 1, candidates, limit_seconds, b"")


A, B = order(0), order(1)


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


def test_who_holds_an_order_for_longer_than_its_candidates_may_take_is_overdue_once(a_desk):
    async def scene():
        table = a_desk()
        await table.put([order(0, 2, 0.02), order(1, 1, 0.02)], None)
        await table.take("two candidates", None)
        await table.take("one", None)
        await asyncio.sleep(0.1)
        late = await table.overdue(0.01)
        assert list(late) == ["two candidates", "one"]
        assert late["one"] > late["two candidates"] >= 0.06 - 1e-3
        assert await table.overdue(0.0) == {}

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_who_waits_has_delivered_died_builds_or_has_no_limit_is_not_overdue(a_desk):
    async def scene():
        unlimited, table = a_desk(), a_desk()
        for one, limit in ((unlimited, None), (table, 10.0)):
            await one.put([order(n, 1, limit) for n in range(5)], None)
            for worker in ("delivers", "dies", "builds", "has built"):
                await one.take(worker, None)
        await table.put([], 0)
        await table.bury("dies")
        await table.suspect("builds")
        await table.suspect("has built")
        await table.clear("has built")
        await table.take("waits again", None)
        await waiting(table.take("waits again", 4))
        assert await table.overdue(0.0) == {}
        assert list(await table.overdue(-11.0)) == ["has built"]
        assert list(await table.overdue(-101.0)) == ["builds"]  # as long as ten candidates
        assert await unlimited.overdue(0.0) == {}

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_a_desk_says_how_the_search_is(a_desk):
    async def scene():
        table = a_desk()
        await table.put([A, B], None)
        await table.take("one", None)
        assert await table.state() == {"held": 1, "waiting": 1, "needs": ""}
        await table.needs("a node")
        assert (await table.state())["needs"] == "a node"

    asyncio.run(asyncio.wait_for(scene(), timeout=5))


def test_a_new_search_finds_nothing_of_the_one_before(a_desk):
    async def scene():
        table = a_desk()
        await table.begin(b"first")
        await table.put([A], None)
        await table.take("worker", None)
        assert await table.take("worker", None) == (A, 1)
        assert await table.suspect("worker") == 0
        await table.put([], A.number)
        next_order = await waiting(table.take("worker", A.number))
        await table.begin(b"second")
        await table.put([B], None)
        assert await next_order == (B, 0)
        assert await table.suspect("worker") == 0
        assert await table.shift() == b"second"

    asyncio.run(asyncio.wait_for(scene(), timeout=5))
