"""Differential evolution over genes that are mapped evenly to [0, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.space import SearchSpace
from nasray.strategies.score_book import ScoreBook


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferentialEvolution:
    """DE/rand/1/bin.

    Storn and Price 1997, "Differential Evolution", https://doi.org/10.1023/A:1008202821328. A value u of gene g means
    choice floor(u * size of g); a coordinate that leaves [0, 1) is drawn anew, as in Awad et al. 2021, DEHB,
    https://arxiv.org/abs/2105.09821; an architecture that breaks a rule of its space is repaired.

    Attributes:
        population_size: NP.
        scale: F, how much of the difference of two vectors is added to a third.
        crossover_rate: CR, share of the coordinates that a trial takes from it; one it always takes.
        generations: g_max; each is scored as one batch.
    """

    population_size: int
    scale: float
    crossover_rate: float
    generations: int

    def run(
        self,
        space: SearchSpace,
        sizes: Sequence[int],
        seeds: Sequence[Architecture],
        book: ScoreBook,
        rng: np.random.Generator,
    ) -> Architecture:
        """The best of the last population.

        Args:
            space: Repairs.
            sizes: ``(G,)`` number of values of each gene.
            seeds: Members that begin in the population; the others are drawn uniformly.
            book: Who scores.
            rng: Draws everything.
        """
        vectors = rng.random((self.population_size, len(sizes)))
        for row, seed in enumerate(seeds):
            vectors[row] = (np.array(seed.genes) + 0.5) / np.array(sizes)
        members = [_decoded(space, sizes, vector, rng) for vector in vectors]
        scores = np.array(book.of(members))
        for _ in range(self.generations):
            trials = self._trials(vectors, rng)
            others = [_decoded(space, sizes, vector, rng) for vector in trials]
            found = np.array(book.of(others))
            better = found >= scores
            vectors[better], scores[better] = trials[better], found[better]
            members = [new if taken else old for new, old, taken in zip(others, members, better, strict=True)]
        return members[int(scores.argmax())]

    def _trials(self, vectors: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """``(NP, G)``: each vector with some coordinates of r1 + F * (r2 - r3), three other vectors."""
        n, genes = vectors.shape
        # The first three of a random order of the others, for every vector.
        drawn = rng.random((n, n - 1)).argsort(axis=1)[:, :3]
        one, two, three = (vectors[column] for column in (drawn + (drawn >= np.arange(n)[:, None])).T)
        mutants = one + self.scale * (two - three)
        outside = (mutants < 0) | (mutants >= 1)
        mutants[outside] = rng.random(int(outside.sum()))
        taken = rng.random((n, genes)) < self.crossover_rate
        taken[np.arange(n), rng.integers(genes, size=n)] = True
        return np.where(taken, mutants, vectors)


def _decoded(
    space: SearchSpace, sizes: Sequence[int], vector: NDArray[np.float64], rng: np.random.Generator
) -> Architecture:
    return space.repair(Architecture(tuple((vector * sizes).astype(int).tolist())), rng)
