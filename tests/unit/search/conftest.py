"""A line of numbers, a strategy that writes down its calls, and a search over both that is driven by hand."""

from dataclasses import dataclass, field

import pytest

from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.errors import InvalidArchitecture
from nasray.core.event_log import NoLog
from nasray.core.measurement import Measurement
from nasray.core.proposal import Proposal
from nasray.search.search import Search

NO_LOG = NoLog()


class Numbers:
    """Architectures of one gene, 0 to 99; others are repaired to a random one."""

    def sample(self, rng):
        return Architecture((int(rng.random() * 100),))

    def mutate(self, architecture, rng):
        return Architecture(((architecture.genes[0] + 1) % 100,))

    def validate(self, architecture):
        if not (len(architecture.genes) == 1 and 0 <= architecture.genes[0] < 100):
            raise InvalidArchitecture(f"{architecture.genes} is no number from 0 to 99")

    def repair(self, architecture, rng):
        return self.sample(rng)

    def canonical(self, architecture):
        return architecture


@dataclass
class Script:
    """Answers ``slot`` for slot; waits for whole generations, or ends, when told to; ``calls`` is what happened."""

    generation: int = 1
    exhausted_at: int = 1_000_000
    genes: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    told: int = 0

    def ask(self, slots, streams):
        self.calls.append(("ask", slots.start, slots.stop))
        begun = slots.start // self.generation * self.generation
        if self.generation > 1 and slots.start == begun and self.told < begun:
            return []
        last = min(slots.stop, begun + self.generation if self.generation > 1 else slots.stop, self.exhausted_at)
        return [Proposal(slot, Architecture((self.genes.get(slot, slot % 100),))) for slot in range(slots.start, last)]

    def tell(self, outcome):
        self.calls.append(("tell", outcome.proposal.slot))
        self.told += 1

    def restore(self, history):
        self.calls.append(("restore", len(history)))
        self.told = sum(hasattr(event, "result") for event in history)


@pytest.fixture
def script():
    return Script


@pytest.fixture
def make_search():
    def make(strategy, *, evaluations=6, width=1, log=NO_LOG, **more):
        budget = Budget(evaluations=evaluations, wall_seconds=more.pop("wall_seconds", None))
        return Search(space=Numbers(), strategy=strategy, budget=budget, width=width, seed=0, log=log, **more)

    return make


@pytest.fixture
def answer():
    """Delivers a chunk: a candidate is worth its gene."""

    def deliver(search, chunk):
        search.deliver(chunk, [Measurement(float(one.architecture.genes[0])) for one in chunk.proposals])

    return deliver
