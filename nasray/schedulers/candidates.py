"""Who is who between a policy and the strategy inside it: slots outside, candidates inside."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy


@dataclass(slots=True)
class _Climber:
    """A candidate whose end is not decided.

    Attributes:
        made: The proposal as the inner strategy knows it: its slot and its parents are candidates.
        inherits: The slot whose weights it began with.
        slots: Its slots so far, one a rung.
    """

    made: Proposal
    inherits: int | None
    slots: list[int]


def _nobody(parents: Sequence[int]) -> int | None:  # noqa: ARG001 - the signature of an heir rule
    """Every candidate begins with fresh weights."""
    return None


class Candidates:
    """The candidates of an inner strategy, each on one slot a rung.

    The inner strategy counts candidates 0, 1, 2, …, gets the random streams of their numbers, and is told each of
    them once, in order, when its end and those of all candidates before it are decided. Parents are named by the last
    slot they reached. Promotions go out before new candidates, first come, first served.

    Args:
        strategy: Who proposes candidates.

    Attributes:
        n_begun: Candidates so far.
        n_open: Slots asked and not told.
    """

    def __init__(self, strategy: Strategy) -> None:
        self.n_begun = 0
        self.n_open = 0
        self._strategy = strategy
        self._hear: Callable[[Outcome], None] = strategy.tell
        self._candidate: dict[int, int] = {}
        self._last_slot: list[int] = []
        self._climbing: dict[int, _Climber] = {}
        self._promotions: deque[Proposal] = deque()
        self._decided: dict[int, Outcome] = {}
        self._n_heard = 0
        self._n_told = 0

    @property
    def n_undecided(self) -> int:
        """Candidates that may still be promoted."""
        return len(self._climbing)

    def candidate_of(self, slot: int) -> int:
        """The candidate on a slot."""
        return self._candidate[slot]

    def ask(
        self,
        slots: range,
        streams: Streams,
        fidelity: Fidelity,
        *,
        room: int | None = None,
        heir: Callable[[Sequence[int]], int | None] = _nobody,
    ) -> list[Proposal]:
        """Promotions that wait, then new candidates, for a prefix of ``slots``.

        Args:
            slots: What the search asks for.
            streams: The strategy's randomness.
            fidelity: The rung on which new candidates begin.
            room: Most new candidates; None for no limit.
            heir: From a candidate's parents (candidates) to the slot whose weights it begins with.
        """
        asked = [self._climb(self._promotions.popleft(), slot) for slot in slots[: len(self._promotions)]]
        free = slots[len(asked) :]
        free = free if room is None else free[:room]
        if not free:
            return asked
        made = self._strategy.ask(range(self.n_begun, self.n_begun + len(free)), streams)
        for slot, one in zip(free, made, strict=False):
            parents = tuple([self._last_slot[parent] for parent in one.parents])
            begun = one._replace(slot=slot, parents=parents, fidelity=fidelity, inherits=heir(one.parents))
            self._begin(begun, one)
            asked.append(begun)
        return asked

    def told(self, outcome: Outcome) -> tuple[int, int]:
        """Take note of an outcome: its candidate, and on which of its rungs it is, from 0."""
        self.n_open -= 1
        self._n_told += 1
        proposal = outcome.proposal
        candidate = self._candidate[proposal.slot]
        climber = self._climbing[candidate]
        if proposal.continues is None:  # the gate may have repaired it
            climber.made = climber.made._replace(architecture=proposal.architecture, raw=proposal.raw)
        return candidate, len(climber.slots) - 1

    def promote(self, outcome: Outcome, fidelity: Fidelity) -> None:
        """The candidate goes on to ``fidelity``, as soon as there is a slot."""
        before = outcome.proposal
        origin = before.slot if before.continues is None else before.continues
        self._promotions.append(
            before._replace(
                operation="promotion",
                parents=(before.slot,),
                fidelity=fidelity,
                continues=origin,
                raw=None,
                notes=None,
            )
        )

    def decide(self, outcome: Outcome) -> None:
        """The candidate ends here; tell the inner strategy what it may know now."""
        reached = outcome.proposal
        candidate = self._candidate[reached.slot]
        made = self._climbing.pop(candidate).made
        self._decided[candidate] = Outcome(made._replace(fidelity=reached.fidelity), outcome.result)
        while self._n_heard in self._decided:
            self._hear(self._decided.pop(self._n_heard))
            self._n_heard += 1

    def live(self) -> set[int]:
        """The last told slot of every undecided candidate, and whose weights it began with, if it must begin again."""
        kept: set[int] = set()
        for climber in self._climbing.values():
            told = [slot for slot in climber.slots if slot < self._n_told]
            kept.update(told[-1:])
            if climber.inherits is not None:
                kept.add(climber.inherits)
        return kept

    def restore(
        self,
        history: Sequence[Proposal | Outcome],
        tell: Callable[[Outcome], None],
        close: Callable[[], object],
    ) -> None:
        """Walk ``history`` again, then let the inner strategy become the one that walked its part of it.

        Args:
            history: Proposals and outcomes as they happened.
            tell: The policy's.
            close: What the policy does when nothing is open and the inner strategy gives nothing: seen in the history
                by a promotion that nobody waits for.
        """
        inner: list[Proposal | Outcome] = []
        self._hear = inner.append
        for event in history:
            if isinstance(event, Outcome):
                tell(event)
            elif event.continues is None:
                inner.append(self._begin_again(event))
            else:
                if not self._promotions:
                    close()
                self._promotions.popleft()
                self._climb(event, event.slot)
        self._strategy.restore(inner)
        self._hear = self._strategy.tell

    def _begin(self, begun: Proposal, made: Proposal) -> None:
        self._candidate[begun.slot] = self.n_begun
        self._last_slot.append(begun.slot)
        self._climbing[self.n_begun] = _Climber(made, begun.inherits, [begun.slot])
        self.n_begun += 1
        self.n_open += 1

    def _begin_again(self, begun: Proposal) -> Proposal:
        """The proposal that the inner strategy made, from what became of it outside."""
        parents = tuple([self._candidate[slot] for slot in begun.parents])
        made = begun._replace(slot=self.n_begun, parents=parents, fidelity=None, inherits=None)
        self._begin(begun, made)
        return made

    def _climb(self, promotion: Proposal, slot: int) -> Proposal:
        assert promotion.continues is not None
        candidate = self._candidate[promotion.continues]
        self._candidate[slot] = candidate
        self._last_slot[candidate] = slot
        self._climbing[candidate].slots.append(slot)
        self.n_open += 1
        return promotion._replace(slot=slot)
