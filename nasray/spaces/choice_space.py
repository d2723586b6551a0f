"""What spaces have in common whose genes are choices among a few values each."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture


class ChoiceSpace(ABC):
    """Genes with a fixed number of values each, and perhaps a rule that holds between them.

    A space that draws, changes or mends its members otherwise overrides the method. Every loop ends: from a member
    there is always a valid step, and a member of each space can be drawn.
    """

    @property
    @abstractmethod
    def sizes(self) -> Sequence[int]:
        """``(G,)`` number of values of each gene."""

    @cached_property
    def _values_of_all(self) -> frozenset[int]:
        """The values that every gene may have."""
        return frozenset(range(min(self.sizes)))

    def broken_rule(self, genes: Sequence[int]) -> str:  # noqa: ARG002 -- a product of choices has no rule
        """Which rule genes break whose number and ranges are right, and the remedy; empty when none."""
        return ""

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Every gene uniformly, drawn again until valid."""
        while True:
            drawn = zip(rng.random(len(self.sizes)).tolist(), self.sizes, strict=True)
            genes = tuple([int(u * size) for u, size in drawn])
            if not self.broken_rule(genes):
                return Architecture(genes)

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """One gene gets another value, both drawn uniformly, drawn again until valid."""
        sizes = self.sizes
        while True:
            where = rng.random() * len(sizes)
            gene = int(where)
            genes = list(architecture.genes)
            value = int((where - gene) * (sizes[gene] - 1))  # one draw chooses both: it has bits for a trillion values
            genes[gene] = value + (value >= genes[gene])
            if genes[gene] < sizes[gene] and not self.broken_rule(genes):
                return Architecture(tuple(genes))

    def neighbours(self, architecture: Architecture) -> Sequence[Architecture]:
        """The members that differ in one gene."""
        genes = architecture.genes
        changed = (
            (*genes[:gene], value, *genes[gene + 1 :])
            for gene, size in enumerate(self.sizes)
            for value in range(size)
            if value != genes[gene]
        )
        return [Architecture(one) for one in changed if not self.broken_rule(one)]

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Every gene from one of the two parents with equal chance, drawn again until valid; after 100 draws, first."""
        for _ in range(100):
            choice = rng.random(len(self.sizes)).tolist()
            pairs = zip(first.genes, second.genes, choice, strict=True)
            genes = tuple([a if u < 0.5 else b for a, b, u in pairs])
            if not self.broken_rule(genes):
                return Architecture(genes)
        return first

    def validate(self, architecture: Architecture) -> None:
        """The right number of genes, each in its range, and the space's rule.

        Raises:
            InvalidArchitecture: Anything else.
        """
        fault = self._fault(architecture.genes)
        if fault:
            raise InvalidArchitecture(f"{type(self).__name__} cell {list(architecture.genes)}{fault}")

    def _fault(self, genes: Sequence[int]) -> str:
        """What is wrong with ``genes``; empty for a member. Every proposal of every search comes through here."""
        sizes = self.sizes
        if len(genes) != len(sizes):
            return f" has {len(genes)} genes: needs {len(sizes)}"
        if not self._values_of_all.issuperset(genes):  # rare enough for a closer look
            wrong = [at for at, (gene, size) in enumerate(zip(genes, sizes, strict=True)) if not 0 <= gene < size]
            if wrong:
                return f": genes at {wrong} are out of range: needs 0 to {[sizes[at] - 1 for at in wrong]}"
        broken = self.broken_rule(genes)
        return f" {broken}" if broken else ""

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Keep the genes that are in range where they stand; draw the others."""
        drawn = self.sample(rng).genes
        given = (*architecture.genes[: len(drawn)], *[-1] * (len(drawn) - len(architecture.genes)))
        genes = zip(given, drawn, self.sizes, strict=True)
        return Architecture(tuple([old if 0 <= old < size else new for old, new, size in genes]))
