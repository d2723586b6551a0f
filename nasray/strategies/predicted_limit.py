"""A bound on what a predictor says of an architecture, kept before anything is scored."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, require
from nasray.core.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class PredictedLimit:
    """Architectures beyond the bound are never candidates, e.g. those above a latency on a device.

    Args:
        name: What is bounded, with its unit, for messages.
        predictor: Who says how much an architecture has of it; a section of its own.
        at_most: The bound.

    Raises:
        ConfigError: There is no predictor.
    """

    name: str
    predictor: Predictor
    at_most: float

    def __post_init__(self) -> None:
        """Refuse a bound on nothing."""
        require(
            hasattr(self.predictor, "predict"),
            f"limit {self.name}: needs a predictor of its own; add it to the section, e.g. "
            "'+predictor@strategy.limits.latency.predictor=hat_latency'",
        )

    def kept(self, architectures: Sequence[Architecture]) -> list[bool]:
        """``(A,)`` which architectures keep it; one of which nothing is known does not."""
        return (self.predictor.predict(architectures) <= self.at_most).tolist()

    def impossible(self, architectures: Sequence[Architecture]) -> ConfigError:
        """What to raise of the tightest limit when none of so many random members keeps all of them."""
        least = float(self.predictor.predict(architectures).min())
        return ConfigError(
            f"limit {self.name} <= {self.at_most:g}: of {len(architectures)} random members none keeps all limits; the "
            f"least {self.name} among them is {least:.4g}: loosen the limit"
        )
