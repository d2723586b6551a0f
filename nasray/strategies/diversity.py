"""How different the members of a population are, and when to worry."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasray.core.architecture import Architecture

LEAST_DISTINCT = 0.5
"""The share of distinct members below which a population is said to have converged."""

LEAST_ENTROPY = 0.25
"""The share of the first generation's entropy below which it is."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """Two views on one population.

    Attributes:
        entropy_bits: Shannon entropy of the genes at a position, averaged over positions.
        distinct_share: Distinct members over members.
    """

    entropy_bits: float
    distinct_share: float

    @classmethod
    def of(cls, population: Sequence[Architecture]) -> "Diversity":
        """Of at least one architecture; where lengths differ, the end of a shorter one is a gene of its own."""
        longest = max(len(one.genes) for one in population)
        positions = [
            Counter(one.genes[at] if at < len(one.genes) else None for one in population) for at in range(longest)
        ]
        entropies = [_entropy_bits(list(counts.values())) for counts in positions]
        return cls(float(np.mean(entropies)) if entropies else 0.0, len(set(population)) / len(population))

    def alarm(self, first: "Diversity") -> str | None:
        """What is wrong, in one line; None while there is enough variety.

        Args:
            first: Of the first generation.
        """
        if self.distinct_share < LEAST_DISTINCT:
            return f"only {self.distinct_share:.0%} of the population are distinct (alarm below {LEAST_DISTINCT:.0%})"
        if self.entropy_bits < LEAST_ENTROPY * first.entropy_bits:
            return (
                f"{self.entropy_bits:.2f} bits a position are left of {first.entropy_bits:.2f} (alarm below "
                f"{LEAST_ENTROPY:.0%})"
            )
        return None


def _entropy_bits(counts: Sequence[int]) -> float:
    shares = np.array(counts) / sum(counts)
    return float((shares * np.log2(1 / shares)).sum())
