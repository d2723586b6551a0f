"""The one loop. Every search of nasray, on a laptop or on a cluster, is this file."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from nasray.core.budget import Budget
from nasray.core.errors import require
from nasray.core.event_log import EventLog, Past
from nasray.core.executor import Chunk
from nasray.core.measurement import Outcome, Result
from nasray.core.observer import Observer
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.search.gate import Gate


class Search:
    """Asks a strategy, hands out its proposals, and tells it what came of them, in slot order.

    The order of asks and tells is fixed by the width alone: slot t is asked when the outcomes of all slots up to
    t - width have been told, one by one, whatever order they arrive in. So the archive does not depend on the number
    of workers, on their speed, or on crashes. An executor drives it (``core.executor.Workload``): ``take`` gives
    work, ``deliver`` brings results.

    Args:
        space: Whose gate every proposal must pass.
        strategy: Who proposes.
        budget: When to stop.
        width: W, how many slots may be open at once; part of the search's identity, never of the machine's size.
        seed: Root seed.
        log: Where asks and arrivals are written before they are acted on.
        observers: Who watches.
        past: What an earlier process wrote to the log; the search goes on from there.
        clock: Monotonic seconds.

    Raises:
        ConfigError: The width is below 1.
    """

    def __init__(
        self,
        *,
        space: SearchSpace,
        strategy: Strategy,
        budget: Budget,
        width: int,
        seed: int,
        log: EventLog,
        observers: Sequence[Observer] = (),
        past: Past | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Replay the past, if there is one; ask for the first slots otherwise."""
        require(width >= 1, f"width ({width}) must be at least 1: it is the number of slots open at once")
        self.outcomes: list[Outcome] = []
        self.stopped = ""
        self._strategy, self._budget, self._width = strategy, budget, width
        self._gate = Gate(space, Streams(seed, "repair"))
        self._streams = Streams(seed, "strategy")
        self._log, self._observers, self._clock = log, observers, clock
        self._proposals: list[Proposal] = []
        self._arrived: dict[int, Result] = {}
        self._ready: deque[Proposal] = deque()
        self._in_flight: dict[int, Chunk] = {}
        self._n_chunks = 0
        self._asked_at = -1  # told count at the last ask
        past = past or Past()
        self._began = clock() - past.wall_seconds
        self._restore(past)
        self._check_clock()
        self._ask()
        self._advance()
        self._log.commit(durable=False)

    @property
    def wall_seconds(self) -> float:
        """Seconds this search has taken, earlier processes included."""
        return self._clock() - self._began

    @property
    def n_in_flight(self) -> int:
        """Chunks handed out and not delivered."""
        return len(self._in_flight)

    @property
    def finished(self) -> bool:
        """Whether everything that will ever be asked has been told."""
        return len(self.outcomes) == len(self._proposals) and not self._may_ask()

    def take(self, limit: int) -> Chunk | None:
        """Up to ``limit`` proposals; None when there is nothing to hand out until something is delivered."""
        ready = self._ready
        if not ready:
            return None
        if len(ready) <= limit:
            proposals = tuple(ready)
            ready.clear()
        else:
            proposals = tuple([ready.popleft() for _ in range(limit)])
        chunk = Chunk(self._n_chunks, proposals)
        self._n_chunks += 1
        self._in_flight[chunk.number] = chunk
        return chunk

    def deliver(self, chunk: Chunk, results: Sequence[Result]) -> None:
        """Write the results down, then tell what can be told and ask what may be asked."""
        held = self._in_flight.pop(chunk.number, None)
        assert held is chunk, f"chunk {chunk.number} is not in flight: each is delivered exactly once"
        assert len(results) == len(chunk.proposals), f"{len(results)} results for {len(chunk.proposals)} proposals"
        slots = [proposal.slot for proposal in chunk.proposals]
        self._log.arrived(slots, results, self._clock() - self._began)
        self._log.commit(durable=True)
        self._arrived.update(zip(slots, results, strict=True))
        self._check_clock()
        self._advance()
        self._log.commit(durable=False)

    def _advance(self) -> None:
        """Walk the canonical order: tell one outcome, ask what is due, and so on."""
        first = slot = len(self.outcomes)
        arrived, tell = self._arrived, self._strategy.tell
        while slot in arrived:
            outcome = Outcome(self._proposals[slot], arrived.pop(slot))
            self.outcomes.append(outcome)
            tell(outcome)
            slot += 1
            self._ask()
        if len(self.outcomes) == len(self._proposals) and self._may_ask():
            self._stop("exhausted")
        if self._observers and len(self.outcomes) > first:
            told = self.outcomes[first:]
            for observer in self._observers:
                observer.told(told)

    def _may_ask(self) -> bool:
        return not self.stopped and len(self._proposals) < self._budget.evaluations

    def _ask(self) -> None:
        told, first = len(self.outcomes), len(self._proposals)
        last = told + self._width
        if last > self._budget.evaluations:
            last = self._budget.evaluations
        if first >= last or self._asked_at == told or self.stopped:
            return
        self._asked_at = told
        proposals = self._strategy.ask(range(first, last), self._streams)
        if not proposals:
            return
        n = len(proposals)
        in_order = n <= last - first and proposals[0].slot == first and proposals[-1].slot == first + n - 1
        assert in_order, (
            f"{type(self._strategy).__name__} was asked for slots {first} to {last - 1} and answered "
            f"{[proposal.slot for proposal in proposals]}: it must answer a prefix of them, in order"
        )
        proposals = self._gate.passed(proposals)
        self._log.asked(told, proposals)
        self._proposals.extend(proposals)
        self._ready.extend(proposals)

    def _check_clock(self) -> None:
        limit = self._budget.wall_seconds
        if limit is not None and not self.stopped and self.wall_seconds >= limit:
            self._stop("clock")

    def _stop(self, reason: str) -> None:
        self.stopped = reason
        self._log.stopped(reason)

    def _restore(self, past: Past) -> None:
        """Become the search that wrote ``past``: same asks, same tells, same interleaving; no model is called."""
        if not past.asks:
            return
        history: list[Proposal | Outcome] = []
        for told, proposals in past.asks:
            history.extend(self._retell(past, told))
            history.extend(proposals)
            self._proposals.extend(proposals)
            self._asked_at = told
        self._strategy.restore(history)
        self.stopped = past.stopped
        open_slots = range(len(self.outcomes), len(self._proposals))
        self._arrived = {slot: past.results[slot] for slot in open_slots if slot in past.results}
        self._ready.extend(self._proposals[slot] for slot in open_slots if slot not in past.results)
        for observer in self._observers:
            observer.told(list(self.outcomes))

    def _retell(self, past: Past, told: int) -> list[Outcome]:
        slots = range(len(self.outcomes), told)
        outcomes = [Outcome(self._proposals[slot], past.results[slot]) for slot in slots]
        self.outcomes.extend(outcomes)
        return outcomes
