"""What a worker must know of the search that it works for."""

from dataclasses import dataclass

from nasray.core.seeds import Streams


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One search, as far as evaluations depend on it.

    Attributes:
        factory: Builds the evaluator; an ``EvaluatorFactory``, pickled apart, so that the rest can be read before it.
        streams: The evaluator's randomness.
        max_attempts: How many workers a candidate may take down before it is given up.
        version: Of the search's nasray.
    """

    factory: bytes
    streams: Streams
    max_attempts: int
    version: str
