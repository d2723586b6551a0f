"""Models that serve a search: they guess scores, or propose architectures."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch


class Predictor(Protocol):
    """Scores architectures without evaluating them.

    Attributes:
        higher_is_better: The direction of its scores.
    """

    higher_is_better: bool

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores for A architectures."""
        ...


@runtime_checkable
class GraphPredictor(Predictor, Protocol):
    """Scores graphs directly, so that a supernet can be scored without being an Architecture."""

    def predict_graphs(self, graphs: GraphBatch) -> NDArray[np.float64]:
        """``(A,)`` scores for A graphs, whose nodes may carry mixtures of operators.

        Scores of graphs with one operator a node are those that ``predict`` gives.
        """
        ...


@runtime_checkable
class Learner(Predictor, Protocol):
    """A predictor that learns from the outcomes of the search that it serves.

    Lifecycle: built knowing nothing; ``fit`` as often as there is more to learn from, always with everything, since
    each fit forgets the one before it; ``predict`` after the first fit. What was learnt is a function of what ``fit``
    was given, to the bit. ``state`` of one learner, given to ``load`` of another that was built alike, makes the two
    score alike: so knowledge outlives a process, and one host serves many searches, each with its own.
    """

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Learn from A >= 1 architectures and their ``(A,)`` finite values, higher is better."""
        ...

    def state(self) -> bytes:
        """What was learnt; equal knowledge gives equal bytes."""
        ...

    def load(self, state: bytes) -> None:
        """Know what the learner knew that gave ``state``."""
        ...


@runtime_checkable
class Quantitative(Predictor, Protocol):
    """Guesses the very value that will be measured: its scores can be too high, not only in the wrong order.

    Attributes:
        in_unit: Whether they are in the unit of the objective by now. A predictor that never says so orders.
    """

    @property
    def in_unit(self) -> bool:
        """May become true by a fit."""
        ...


@runtime_checkable
class IntervalPredictor(Predictor, Protocol):
    """Says between which values a measurement should lie."""

    def interval(self, architectures: Sequence[Architecture], level: float) -> NDArray[np.float64]:
        """``(A, 2)`` lower and upper ends, which should hold in ``level`` of the cases; infinite for no claim."""
        ...


INTERVAL_LEVEL = 0.8
"""How often the intervals should hold that a search writes down; a higher one takes more outcomes to say anything."""


def unwrapped(predictor: Predictor) -> Predictor:
    """Who scores, inside wrappers that only give its batches a shape: they keep it as ``inner``."""
    while (inner := getattr(predictor, "inner", None)) is not None:
        predictor = inner
    return predictor


class Generator(Protocol):
    """Proposes architectures."""

    def propose(self, context: Sequence[Architecture], n: int, rng: np.random.Generator) -> Sequence[Architecture]:
        """``n`` architectures given good ones; may be invalid, the search's gate repairs and records them."""
        ...


@runtime_checkable
class Rebuilder(Generator, Protocol):
    """A generator that also rebuilds what was eliminated from an architecture (GPT-NAS, arXiv 2305.05351, Alg. 1)."""

    def rebuild(
        self,
        architectures: Sequence[Architecture],
        eliminated: Sequence[Sequence[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> Sequence[Architecture]:
        """Each architecture with its eliminated units predicted anew, first to last.

        A prediction sees the units before it as they are by then, rebuilt ones included. Units that were not
        eliminated stay as they are; the number of units, too. What comes of one architecture depends on itself, its
        mask and its generator of random numbers, never on its neighbours in the call.

        Args:
            architectures: A members of a ``Chained`` space.
            eliminated: A masks, each ``(U,)`` over the units of its architecture.
            rngs: A generators of random numbers.
        """
        ...
