"""A generator behind a host's door gives what it gives without one."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from nasray.actors.batching import run_padded
from nasray.actors.generator_part import GeneratorPart
from nasray.actors.remote_generator import RemoteGenerator
from nasray.core.adaptable import Adaptable
from nasray.core.architecture import Architecture

MEMBERS = [Architecture((number, number)) for number in range(5)]
MASKS = [[True, number % 2 == 0] for number in range(5)]


@dataclass
class Drawing:
    """Draws eliminated genes below 100, plus what it was taught."""

    calls: list = field(default_factory=list)
    learnt: int = 0

    def propose(self, context, n, rng):
        self.calls.append(n)
        return [Architecture((len(context), int(rng.integers(100)) + self.learnt)) for _ in range(n)]

    def rebuild(self, architectures, eliminated, rngs):
        rows = zip(architectures, eliminated, rngs, strict=True)
        return [Architecture(tuple(self._genes(one.genes, mask, rng))) for one, mask, rng in rows]

    def adapt(self, architectures):
        self.learnt = 1000 * len(architectures)

    def _genes(self, genes, mask, rng):
        for gene, gone in zip(genes, mask, strict=True):
            yield int(rng.integers(100)) + self.learnt if gone else gene


class Near(RemoteGenerator):
    """A client whose host is an object beside it: the calls that ``Host`` makes, without Ray."""

    def __init__(self, size):
        super().__init__(identity=None, recipe=None)
        self.parts, self.size = {"": GeneratorPart(Drawing)}, size

    def _ask(self, method, *arguments):
        if method == "call":
            knowledge, items = arguments
            return run_padded(self.parts[knowledge].grant, items, self.size)
        part, again = GeneratorPart(Drawing), GeneratorPart(Drawing)
        part.fit(*arguments)
        again.load(part.state())
        self.parts["known"] = again
        return "known"


def dice(n):
    return [np.random.default_rng(number) for number in range(n)]


def test_it_is_known_to_learn():
    assert isinstance(Near(2), Adaptable)


def test_answers_and_used_up_random_numbers_are_the_same():
    here, there = Drawing(), Near(3)
    ours, theirs = dice(5), dice(5)
    for _ in range(2):
        assert there.rebuild(MEMBERS, MASKS, theirs) == here.rebuild(MEMBERS, MASKS, ours)
        assert list(there.propose(MEMBERS, 4, theirs[0])) == here.propose(MEMBERS, 4, ours[0])
    assert there.rebuild([], [], []) == []


def test_padding_is_answered_once():
    there = Near(16)
    there.propose(MEMBERS, 4, np.random.default_rng(0))
    assert there.parts[""]._generator.calls == [4]


def test_what_it_learnt_outlives_the_host_and_is_forgotten_on_demand():
    there, propose = Near(2), partial(Near.propose, context=(), n=1)
    before = propose(there, rng=np.random.default_rng(0))
    there.adapt(MEMBERS)
    (taught,) = propose(there, rng=np.random.default_rng(0))
    assert taught.genes[1] >= 5000
    there.adapt([])
    assert propose(there, rng=np.random.default_rng(0)) == before
