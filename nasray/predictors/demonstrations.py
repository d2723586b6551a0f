"""Measured architectures that a language model is shown, and which of them."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.space import SearchSpace

Choice = Literal["random", "stratified", "nearest"]


class Demonstration(NamedTuple):
    """An architecture and what it reached."""

    architecture: Architecture
    value: float


def check_choice(choice: str, number: int, who: str) -> None:
    """Refuse what is no way to choose.

    Raises:
        ConfigError: The way is unknown, or the number negative.
    """
    ways = ("random", "stratified", "nearest")
    require(choice in ways, f"{who} choice ({choice!r}) must be one of {', '.join(ways)}")
    require(number >= 0, f"{who} number ({number}) of demonstrations must not be negative; 0 shows none")


def pool_of(known: Sequence[Demonstration], choice: Choice, number: int, seed: int) -> list[Demonstration]:
    """What a predictor has to remember of ``known``: the demonstrations, or everything if they differ by query.

    ``random`` draws them; ``stratified`` takes them at equal distances of rank, the worst and the best among them.
    """
    distinct = list({one.architecture: one for one in known}.values())
    if choice == "nearest" or len(distinct) <= number:
        return distinct
    if choice == "random":
        drawn = np.random.Generator(np.random.Philox(seed)).permutation(len(distinct))[:number]
        return [distinct[place] for place in drawn]
    ranked = sorted(distinct, key=lambda one: (one.value, one.architecture.genes))
    return [ranked[int(place)] for place in np.linspace(0, len(ranked) - 1, number).round()]


def shown_for(
    queries: Sequence[Architecture], pool: Sequence[Demonstration], choice: Choice, number: int, space: SearchSpace
) -> list[list[Demonstration]]:
    """The demonstrations for each query; of ``nearest`` the most alike comes last, equals in the order of the pool.

    Alike are canonical forms: genes that a member does not use, as those of absent layers, make no difference.
    """
    if choice != "nearest":
        return [list(pool) for _ in queries]
    forms = [space.canonical(one.architecture) for one in pool]

    def nearest(query: Architecture) -> list[Demonstration]:
        form = space.canonical(query)
        ranked = sorted(range(len(pool)), key=lambda place: _distance(forms[place], form))
        return [pool[place] for place in ranked[:number][::-1]]

    return [nearest(query) for query in queries]


def to_bytes(pool: Sequence[Demonstration]) -> bytes:
    """The pool as a state."""
    return json.dumps([[one.architecture.to_json(), one.value] for one in pool]).encode()


def from_bytes(state: bytes) -> list[Demonstration]:
    """Inverse of ``to_bytes``."""
    return [Demonstration(Architecture.from_json(genes), value) for genes, value in json.loads(state)]


def _distance(first: Architecture, second: Architecture) -> int:
    """In how many genes they differ."""
    return sum(a != b for a, b in zip_longest(first.genes, second.genes))
