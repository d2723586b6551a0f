"""Evaluation by a formula: no data, no training, a known optimum."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from nasray.core.errors import InvalidArchitecture, require
from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace

BEST = 100.0
TEST_GAP = 1.0
LINEAR_SHARE = 0.7
PROBES = 512
"""Random members that are looked at for the space's choices: a gene of 20 even choices hides one with chance 1e-11."""


@dataclass(kw_only=True)
class Synthetic:
    """A deterministic score of the genes, for tests and demonstrations.

    With K choices and G genes, gene i has the target t_i = (2 i + 1) mod K and the closeness
    c_i = 1 - |g_i - t_i| / (K - 1). The VALID value is::

        100 * (0.7 * mean_i c_i + 0.3 * mean_i c_i c_(i+1)) * e / (e + 1)

    The first term can be climbed gene by gene, the second couples neighbours; the only optimum is g = t with 100.
    The last factor stands for a schedule of e epochs and is 1 at full effort. TEST is VALID at full effort minus 1, so
    that the two cannot be mistaken for each other.

    Args:
        n_choices: K, values that a gene of the space can take; None for as many as are found in the space.
        chunk_size: Most architectures to be computed at once.
        space: Where they are found; needed where ``n_choices`` is None.
    """

    n_choices: int | None
    chunk_size: int
    space: SearchSpace | None = None
    metric: str = field(init=False, default="synthetic valid score (0-100)")

    def __post_init__(self) -> None:
        """Refuse a space without a choice."""
        require(
            self.n_choices is not None or self.space is not None,
            "Synthetic got neither n_choices nor a space to find them in; give one of them",
        )
        require(
            self.n_choices is None or self.n_choices >= 2, f"Synthetic n_choices ({self.n_choices}) must be at least 2"
        )
        require(self.chunk_size >= 1, f"Synthetic chunk_size ({self.chunk_size}) must be at least 1")

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:  # noqa: ARG002 -- nothing is random
        """The VALID value of each proposal.

        Raises:
            InvalidArchitecture: A gene is not among the choices.
        """
        return [
            Measurement(
                self._score(one.architecture.genes)
                * (1.0 if one.fidelity is None else one.fidelity.epochs / (one.fidelity.epochs + 1))
            )
            for one in proposals
        ]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:  # noqa: ARG002 -- nothing is random
        """The TEST value of one proposal."""
        return TestScore(self._score(proposal.architecture.genes) - TEST_GAP)

    def best_genes(self, n_genes: int) -> tuple[int, ...]:
        """The optimum, t."""
        return tuple((2 * i + 1) % self._choices for i in range(n_genes))

    def optimum(self) -> float:
        """The best VALID value at full effort."""
        return BEST

    @cached_property
    def _choices(self) -> int:
        """K."""
        if self.n_choices is not None:
            return self.n_choices
        assert self.space is not None
        drawn = Streams(0, "evaluators.synthetic")  # fixed: the formula must not depend on the seed of the search
        genes = (gene for n in range(PROBES) for gene in self.space.sample(drawn.at(n)).genes)
        return max(2, 1 + max(genes, default=0))

    def _score(self, genes: tuple[int, ...]) -> float:
        """The formula at full effort."""
        n = self._choices
        if not genes or min(genes) < 0 or max(genes) >= n:
            raise InvalidArchitecture(
                f"Synthetic got genes {genes}, but each must be between 0 and {n - 1}: set n_choices to the choices of "
                "the space"
            )
        targets = self.best_genes(len(genes))
        close = [1 - abs(got - best) / (n - 1) for got, best in zip(genes, targets, strict=True)]
        pairs = [first * second for first, second in pairwise(close)] or close
        return BEST * (LINEAR_SHARE * sum(close) / len(close) + (1 - LINEAR_SHARE) * sum(pairs) / len(pairs))
