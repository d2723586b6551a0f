"""The part of a space that keeps to design principles: a space like the whole one, of fewer members."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, product
from typing import Any

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.principles import Candidates, Principles
from nasray.core.restrictable import LayerChoice
from nasray.spaces.choice_space import ChoiceSpace

Option = tuple[int, ...]
"""The genes of one group."""


def restricted(
    whole: ChoiceSpace, candidates: Candidates, width: int = 1, tied: tuple[int, ...] = ()
) -> "RestrictedChoice":
    """The members of ``whole`` whose genes are all among ``candidates``: of its class, so with all it can do.

    Args:
        whole: The space.
        candidates: ``(G,)`` values that remain for each gene.
        width: Genes in a group; the rule of ``whole`` holds within groups of so many genes.
        tied: Positions in a group that the rule binds: one mutation may change them together.

    Raises:
        ConfigError: Fewer than two members are left.
    """
    if isinstance(whole, RestrictedChoice):
        whole, before, *_ = whole.made_of
        candidates = tuple(tuple(sorted({*one} & {*other})) for one, other in zip(candidates, before, strict=True))
    space = object.__new__(_kind(type(whole)))
    vars(space).update(vars(whole))
    space.narrow(whole, candidates, width, tied)
    return space


def check_principles(principles: Principles, layers: Sequence[LayerChoice], who: str) -> None:
    """Refuse principles that say nothing of these layers, or something impossible.

    Raises:
        ConfigError: What is wrong.
    """
    known = {"operators": [len(one.operators) for one in layers], "sources": [len(one.sources) for one in layers]}
    for kind, sizes in known.items():
        remaining: Candidates = getattr(principles, kind)
        if kind == "sources" and not remaining:
            continue
        require(
            len(remaining) == len(layers),
            f"principles give {kind} for {len(remaining)} layers, but {who} has {len(layers)}: give each once",
        )
        for layer, ids, size in zip(layers, remaining, sizes, strict=True):
            unknown = sorted({one for one in ids if not 0 <= one < size})
            require(
                not unknown,
                f"principles name the {kind} {unknown} for {layer.name} of {who}, which are unknown: use 0 to "
                f"{size - 1}" + ("" if size else "; its wiring is fixed, so leave sources out"),
            )
            require(len(ids) > 0, f"principles leave {layer.name} of {who} without {kind}: keep at least one")


@lru_cache(maxsize=32)
def _kind(whole: type[ChoiceSpace]) -> type["RestrictedChoice"]:
    """The class of the restricted spaces of one class."""
    return type(f"Restricted{whole.__name__}", (RestrictedChoice, whole), {})


class RestrictedChoice(ChoiceSpace):
    """Stands before the class of a whole space and narrows what it draws, changes, mends and counts.

    Genes fall into groups of equal width, and a member is any combination of one option of each group.

    Two members are neighbours if they differ in one gene, or in genes of one group that the rule ties together: by
    such steps every member can be reached. A parent from outside is mended before it is mutated, so that its
    offspring is inside. The canonical form is that of the whole space where it is inside, else the member itself.

    Attributes:
        made_of: The arguments of ``restricted``.
    """

    made_of: tuple[ChoiceSpace, Candidates, int, tuple[int, ...]]

    def narrow(self, whole: ChoiceSpace, candidates: Candidates, width: int, tied: tuple[int, ...]) -> None:
        """Find the options of each group; part of the construction in ``restricted``."""
        starts = range(0, len(candidates), width)
        self.made_of = (whole, candidates, width, tied)
        self._width, self._tied = width, frozenset(tied)
        self._options: list[list[Option]] = [
            [one for one in product(*candidates[at : at + width]) if not whole.broken_rule(one)] for at in starts
        ]
        self._known = [frozenset(options) for options in self._options]
        size = math.prod(map(len, self._options))
        require(
            size >= 2,
            f"principles leave {size} of the members of {type(whole).__name__}, and a search needs two to choose from: "
            "keep more candidates" + ("" if size else "; they contradict each other"),
        )
        self._movable = [at for at, options in enumerate(self._options) if len(options) > 1]
        self._near: dict[tuple[int, Option], list[Option]] = {}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle as what it was made of: its class is made when needed."""
        return restricted, self.made_of

    def size(self) -> int:
        """Number of members."""
        return math.prod(map(len, self._options))

    def enumerate(self) -> Iterator[Architecture]:
        """All members; the last group changes fastest."""
        return (self._joined(options) for options in product(*self._options))

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Uniform."""
        drawn = zip(rng.random(len(self._options)).tolist(), self._options, strict=True)
        return self._joined([options[int(u * len(options))] for u, options in drawn])

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """A step in one group, both drawn uniformly among those where there is a choice."""
        groups = self._groups(architecture.genes)
        if not self._has(groups):
            groups = self._groups(self.repair(architecture, rng).genes)
        where, which = rng.random(2).tolist()
        at = self._movable[int(where * len(self._movable))]
        near = self._neighbours_in(at, groups[at])
        groups[at] = near[int(which * len(near))]
        return self._joined(groups)

    def neighbours(self, architecture: Architecture) -> Sequence[Architecture]:
        """The members one step away."""
        groups = self._groups(architecture.genes)
        return [
            self._joined([*groups[:at], option, *groups[at + 1 :]])
            for at in self._movable
            for option in self._neighbours_in(at, groups[at])
        ]

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Groups that are inside stay; of the others becomes one of the options that share most genes with them."""
        if self._has(self._groups(architecture.genes)):
            return architecture
        n = len(self._options) * self._width
        groups = self._groups((*architecture.genes[:n], *[-1] * (n - len(architecture.genes))))
        for at, group in enumerate(groups):
            if group not in self._known[at]:
                agreeing = [sum(map(int.__eq__, group, option)) for option in self._options[at]]
                most = max(agreeing)
                best = [option for option, n in zip(self._options[at], agreeing, strict=True) if n == most]
                groups[at] = best[int(rng.random() * len(best))]
        return self._joined(groups)

    def canonical(self, architecture: Architecture) -> Architecture:
        """That of the whole space where it is inside, else ``architecture`` itself."""
        form: Architecture = super().canonical(architecture)  # type: ignore[misc] -- the class behind has it
        return architecture if self._fault(form.genes) else form

    def _fault(self, genes: Sequence[int]) -> str:
        """What is wrong with ``genes``; empty for a member."""
        if fault := super()._fault(genes):
            return fault
        groups = self._groups(genes)
        if self._has(groups):
            return ""
        wrong = [at for at, group in enumerate(groups) if group not in self._known[at]]
        return f" breaks the principles in its groups {wrong} of {self._width} genes: needs others"

    def _has(self, groups: Sequence[Option]) -> bool:
        """Whether these are the groups of a member."""
        return len(groups) == len(self._known) and all(map(frozenset.__contains__, self._known, groups))

    def _neighbours_in(self, at: int, group: Option) -> list[Option]:
        """Options of a group that differ from one of them in one gene, or in tied genes alone."""
        key = (at, group)
        if key not in self._near:
            self._near[key] = [option for option in self._options[at] if self._is_step(group, option)]
        return self._near[key]

    def _is_step(self, one: Option, other: Option) -> bool:
        changed = {at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b}
        return len(changed) == 1 or (bool(changed) and changed <= self._tied)

    def _groups(self, genes: Sequence[int]) -> list[Option]:
        return [tuple(genes[at : at + self._width]) for at in range(0, len(genes), self._width)]

    def _joined(self, groups: Sequence[Option]) -> Architecture:
        return Architecture(tuple(chain.from_iterable(groups)))
