"""Hill climbing with restarts: the strongest of the simple methods on tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import Neighbourly, SearchSpace, need

QueryUntil = Literal["first", "all"]


@dataclass(kw_only=True)
class LocalSearch:
    """Moves to a better neighbour until there is none, then begins again elsewhere.

    White, Nolen and Savani 2021, "Exploring the Loss Landscape in Neural Architecture Search", Algorithm 1,
    https://arxiv.org/abs/2005.02960 (first called "Local Search is State of the Art for NAS Benchmarks").

    Departures from the paper:
        - At a local optimum the search begins again from random samples until its budget is used up.
        - A candidate that this climb has evaluated is not evaluated again in it. Nothing is lost: it was no better
          than what the climb moved to.
        - Several candidates are in flight. With ``first`` they are neighbours of the current point, asked before it is
          known whether an earlier one is better; one that comes back better than the point reached meanwhile is moved
          to as well. With ``all`` the archive is the same for every width. Both wait, with fewer slots open than the
          width, for the last neighbours before a local optimum is declared and for the starts before a climb begins.

    Args:
        space: Where to sample and look around; needs Neighbourly.
        query_until: ``first``: move to the first better neighbour. ``all``: evaluate all of them, move to the best.
        starts: Random samples at the beginning of a climb, which goes on from the best of them; 1 in the paper.
    """

    space: SearchSpace
    query_until: QueryUntil
    starts: int
    _current: Outcome | None = field(init=False, default=None)
    _challenger: Outcome | None = field(init=False, default=None)
    _untried: list[Architecture] = field(init=False, default_factory=list[Architecture])
    _seen: set[Architecture] = field(init=False, default_factory=set[Architecture])
    _n_starts: int = field(init=False, default=0)
    _n_open: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Refuse a space without neighbours, a climb without a start.

        Raises:
            CapabilityError: The space cannot list neighbours.
            ConfigError: An impossible value.
        """
        self._neighbours = need(self.space, Neighbourly, "LocalSearch").neighbours
        choices = get_args(QueryUntil)
        require(
            self.query_until in choices,
            f"LocalSearch query_until ({self.query_until!r}) must be one of {', '.join(choices)}",
        )
        require(self.starts >= 1, f"LocalSearch starts ({self.starts}) must be at least 1: a climb begins somewhere")

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Starts, then untried neighbours of the current point in random order; fewer where a decision is open."""
        asked: list[Proposal] = []
        for slot in slots:
            proposal = self._next(slot, streams)
            if proposal is None:
                break
            self._note(proposal)
            asked.append(proposal)
        return asked

    def tell(self, outcome: Outcome) -> None:
        """Move if the outcome is better, or if it was the last that the decision waited for.

        Raises:
            CapabilityError: It was not asked for: a climb stands on its own steps.
        """
        require(
            self._n_open > 0,
            f"LocalSearch was told of slot {outcome.proposal.slot}, for which it had not asked: it cannot go on from "
            "what others proposed; choose regularized_evolution or random_search as the inner strategy",
            CapabilityError,
        )
        self._n_open -= 1
        if self._challenger is None or outcome.value > self._challenger.value:
            self._challenger = outcome
        if self._current is not None and self.query_until == "first":
            self._move()
        if self._n_open == 0 and not self._untried and self._n_starts == self.starts:
            self._decide()

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Walk the same way again: every choice that was made is a proposal in the history."""
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)
            else:
                self._note(event)

    def _next(self, slot: int, streams: Streams) -> Proposal | None:
        if self._n_starts < self.starts:
            return Proposal(slot, self.space.sample(streams.at(slot)))
        if self._current is None or not self._untried:
            return None
        drawn = int(streams.at(slot).random() * len(self._untried))
        return Proposal(slot, self._untried[drawn], "neighbour", (self._current.proposal.slot,))

    def _note(self, proposal: Proposal) -> None:
        """Remember what was asked, in the form in which it was proposed."""
        architecture = proposal.raw or proposal.architecture
        self._n_open += 1
        self._seen.add(architecture)
        if self._n_starts < self.starts:
            self._n_starts += 1
        else:
            self._untried.remove(architecture)

    def _move(self) -> bool:
        """Go to the best outcome since the last move, if it is better than where the climb stands."""
        better, here = self._challenger, self._current
        if better is None or (here is not None and better.value <= here.value):
            return False
        self._current = better
        self._untried = [one for one in self._neighbours(better.proposal.architecture) if one not in self._seen]
        return True

    def _decide(self) -> None:
        """Everything that was asked is known: move on, or begin again."""
        if not self._move() or not self._untried:
            self._current = self._challenger = None
            self._untried, self._seen, self._n_starts = [], set(), 0
