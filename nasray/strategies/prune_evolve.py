"""TG-NAS's search: prune a supernet, evolve from what is left, both by a predictor alone."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, NotFinite, require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.predictor import GraphPredictor, Learner, Predictor
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace, need
from nasray.core.supernet_view import SupernetView
from nasray.strategies.differential_evolution import DifferentialEvolution
from nasray.strategies.score_book import ScoreBook
from nasray.strategies.supernet_pruning import SupernetPruning

logger = logging.getLogger(__name__)

NOTE = "prune_evolve"
"""The key of this strategy's facts among a proposal's notes."""

MOST_ANSWERS = 200
"""Answers that are written down beside the first proposal; after them the search ends."""

SWITCHES = ("sort_by_index", "argmax_genotype", "normal_cell_only")
Answer = tuple[Sequence[int], float, str]
"""Genes, score (more is better) and how it was found."""


@dataclass(kw_only=True)
class PruneEvolve:
    """Pruning-evolutionary hybrid search.

    Qiao et al. 2024, "TG-NAS: Generalizable Zero-Cost Proxies with Operator Description Embedding and Graph Learning",
    https://arxiv.org/abs/2404.00271, Algorithm 1: A prunes the supernet (``SupernetPruning``), B evolves a population
    that A's answer begins in (``DifferentialEvolution``), and the better of the two by predicted score is the answer.

    A predictor that learns is fitted once, on the first ``warm_up`` outcomes, those of random members; another one is
    asked at once. All of the search happens then. The first slot behind it is the answer, the next one the other of A
    and B if they differ, and so on down the predicted scores of what B visited. These answers are kept in the notes of
    that slot, so that a restart calls no predictor. After 200 answers the search ends. Where all scores are the same,
    or one is not finite, there is nothing to choose by: the notes say so, and all slots are random members.

    Departures from the paper, which leaves NP, F, CR and g_max open: those of its usual implementations; B begins with
    A's answer, so it can only be better.

    Args:
        space: Must offer SupernetView.
        predictor: Must score soft graphs; None is refused.
        population_size: NP of the evolution, at least 4.
        scale: F.
        crossover_rate: CR.
        generations: g_max; 0 leaves the best of the first population.
        warm_up: Outcomes before a predictor that learns is fitted; without effect on one that does not.
        released_code: The three flags of ``SupernetPruning`` that repeat the released code, all false for the paper.

    Attributes:
        needs_graph_scores: That the predictor must score soft graphs: known before it is wrapped.
        fitting_predictor: One that does, for those who chose none or another.

    Raises:
        CapabilityError: The space has no supernet, or the predictor does not score soft graphs.
        ConfigError: An impossible number or an unknown flag.
    """

    needs_graph_scores: ClassVar[bool] = True
    fitting_predictor: ClassVar[str] = "gcn"
    space: SearchSpace
    predictor: Predictor | None
    population_size: int
    scale: float
    crossover_rate: float
    generations: int
    warm_up: int
    released_code: Mapping[str, bool]
    _told: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _answers: list[Answer] | None = field(init=False, default=None)
    _first_slot: int = field(init=False, default=0)
    _asked: int = field(init=False, default=0)
    _useless: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Refuse what cannot prune or evolve."""
        self._supernet = need(self.space, SupernetView, "strategy prune_evolve")
        if not isinstance(self.predictor, GraphPredictor):
            got = "none" if self.predictor is None else type(self.predictor).__name__
            raise CapabilityError(
                f"strategy prune_evolve needs a predictor that scores soft graphs and got {got}; choose "
                f"predictor={self.fitting_predictor}"
            )
        self._scorer = self.predictor
        size, scale, rate = self.population_size, self.scale, self.crossover_rate
        require(size >= 4, f"PruneEvolve population_size ({size}) must be at least 4: a trial is made of three others")
        require(0 < scale <= 2, f"PruneEvolve scale ({scale}) must be above 0 and at most 2")
        require(0 <= rate <= 1, f"PruneEvolve crossover_rate ({rate}) must be between 0 and 1")
        require(self.generations >= 0, f"PruneEvolve generations ({self.generations}) must not be negative")
        require(self.warm_up >= 1, f"PruneEvolve warm_up ({self.warm_up}) must be at least 1")
        wrong = set(self.released_code) ^ set(SWITCHES)
        require(
            not wrong,
            f"PruneEvolve released_code ({dict(self.released_code)}) must say true or false for {', '.join(SWITCHES)}",
        )

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """The next answers; random members until there is enough to learn from, and where there are no answers."""
        if self._answers is None and self._may_score():
            self._first_slot, self._answers = slots.start, self._search(streams.fresh(slots.start))
        if self._answers is None:
            slots = range(slots.start, min(slots.stop, max(self.warm_up, len(self._told) + 1)))
        if not self._answers:
            return [self._random(slot, streams) for slot in slots]
        first = self._first_slot
        answers = self._answers[slots.start - first : slots.stop - first]
        return [self._proposal(slot, answer) for slot, answer in zip(slots, answers, strict=False)]

    def tell(self, outcome: Outcome) -> None:
        """Remember it for a predictor that learns."""
        self._told.append(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Read the answers beside the first of them, or that there are none."""
        for event in history:
            if isinstance(event, Outcome):
                self._told.append(event)
                continue
            fact = (event.notes or {}).get(NOTE, {})
            if "answers" in fact or "stopped" in fact:
                self._first_slot = event.slot
                self._asked = fact["scores_asked"]
                self._answers = [(genes, score, how) for genes, score, how in fact.get("answers", ())]

    def _may_score(self) -> bool:
        """Whether the predictor can be asked; fits it if it learns and there is enough to learn from."""
        if not isinstance(self._scorer, Learner):
            return True
        measured = [one for one in self._told if isinstance(one.result, Measurement)]
        if len(self._told) < self.warm_up or not measured:
            return False
        self._scorer.fit([one.proposal.architecture for one in measured], np.array([one.value for one in measured]))
        return True

    def _search(self, rng: np.random.Generator) -> list[Answer]:
        """Both parts, and everything that was scored on the way, best first; nothing where scores order nothing."""
        book = ScoreBook(self._scorer)
        try:
            pruned, evolved = self._both(book, rng)
            useless = book.alike
        except NotFinite:
            useless = "a score that is not finite"
        self._asked = book.asked
        if useless:
            logger.warning("prune_evolve: the predictor gave %s; all slots are random members from now on", useless)
            self._useless = useless
            return []
        found = {evolved: "evolution", pruned: "pruning"}
        first: list[Architecture] = sorted(found, key=lambda one: -book.scores[one])
        known = {one.proposal.architecture for one in self._told} | set(found)
        rest = [one for one, _ in book.best(MOST_ANSWERS + len(known)) if one not in known]
        order = [*first, *rest][:MOST_ANSWERS]
        return [(one.genes, book.scores[one], found.get(one, "runner_up")) for one in order]

    def _both(self, book: ScoreBook, rng: np.random.Generator) -> tuple[Architecture, Architecture]:
        """What pruning leaves, and what evolution makes of it."""
        pruned = SupernetPruning(**self.released_code).run(self._supernet, book, rng)
        evolution = DifferentialEvolution(
            population_size=self.population_size,
            scale=self.scale,
            crossover_rate=self.crossover_rate,
            generations=self.generations,
        )
        return pruned, evolution.run(self.space, self._supernet.sizes, [pruned], book, rng)

    def _random(self, slot: int, streams: Streams) -> Proposal:
        """A random member; the first one that stands where an answer should says why."""
        notes = None
        if slot == self._first_slot and self._useless:
            notes = {NOTE: {"stopped": self._useless, "scores_asked": self._asked}}
        return Proposal(slot, self.space.sample(streams.at(slot)), notes=notes)

    def _proposal(self, slot: int, answer: Answer) -> Proposal:
        genes, score, how = answer
        note: dict[str, Any] = {"score": score}
        if slot == self._first_slot and self._answers is not None:
            note["scores_asked"] = self._asked
            note["answers"] = [[list(genes), score, how] for genes, score, how in self._answers]
        return Proposal(slot, Architecture(tuple(genes)), how, notes={NOTE: note})
