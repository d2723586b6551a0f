"""Pruning a supernet operator by operator until one architecture is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.supernet_view import Live, SupernetView
from nasray.strategies.score_book import ScoreBook


@dataclass(frozen=True, kw_only=True, slots=True)
class SupernetPruning:
    """TG-NAS, Algorithm 1, first part (arXiv 2404.00271), after TE-NAS (arXiv 2102.11535).

    The importance of an operator is P(M) - P(M without it), P being the predictor's score of a supernet. In every round
    all removals are scored in one batch, and each edge loses its least important operator; ties are broken at random.

    Departures from the paper: the supernet is scored as a soft graph, in which a node is the mean of the live operators
    of its edge; an edge that is left with one operator keeps it, and spaces whose nodes keep only some of their edges
    lose edges afterwards, by the same rule.

    The flags repeat what the authors' released code does instead, for an ablation.

    Attributes:
        sort_by_index: Each edge loses its first live operator, whatever the scores are.
        argmax_genotype: A supernet is scored as the member that takes the first live operator of every edge, and the
            first edges of every node.
        normal_cell_only: Edges of other cells than the first never change a score.
    """

    sort_by_index: bool
    argmax_genotype: bool
    normal_cell_only: bool

    def run(self, space: SupernetView, book: ScoreBook, rng: np.random.Generator) -> Architecture:
        """The architecture that is left."""
        whole = space.supernet()
        live = whole.copy()
        while groups := space.removals(live):
            removals = [one for group in groups for one in group]
            candidates = np.repeat(live[None], len(removals) + 1, axis=0)
            for number, removal in enumerate(removals, 1):
                candidates[(number, *removal)] = False
            scores = book.of_graphs(space.soft_graphs(self._seen(space, whole, candidates)))
            importance = dict(zip(removals, scores[0] - scores[1:], strict=True))
            for group in groups:
                tie = rng.random(len(group))
                order = sorted(range(len(group)), key=lambda at: (importance[group[at]], tie[at]))
                live[group[0 if self.sort_by_index else order[0]]] = False
        return space.member(live)

    def _seen(self, space: SupernetView, whole: Live, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``(A, E, K)``: what of the candidates reaches the predictor."""
        if self.normal_cell_only:
            others = np.array(space.edge_cells()) > 0
            candidates = candidates.copy()
            candidates[:, others] = whole[others]
        if self.argmax_genotype:
            candidates = np.stack([_first_member(space, live) for live in candidates])
        return candidates


def _first_member(space: SupernetView, live: Live) -> Live:
    """What is left of ``live`` if the last of every group goes, again and again."""
    left = live.copy()
    while groups := space.removals(left):
        for group in groups:
            left[group[-1]] = False
    return left
