"""Principles that remove nothing: what remains of a transfer without them."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.restrictable import Restrictable
from nasray.core.space import SearchSpace, need


def everything_remains(view: Restrictable, text: str) -> Principles:
    """Principles that keep every operator and every information source, for the reason in ``text``."""
    layers = view.layer_choices()
    sources = tuple(tuple(range(len(layer.sources))) for layer in layers)
    return Principles(
        text, tuple(tuple(range(len(layer.operators))) for layer in layers), sources if any(sources) else ()
    )


@dataclass(kw_only=True)
class Everything:
    """A control: the whole space stays open.

    With ``strategy.copied`` it is a warm start from the sources' best; without, the inner strategy alone, made to ask
    for nothing twice, which is what any transfer has to be compared with.

    Args:
        space: Must offer Restrictable.
    """

    space: SearchSpace

    def __post_init__(self) -> None:
        """Refuse a space without layers."""
        self._view = need(self.space, Restrictable, "refiner everything")

    def learn(self, sources: Sequence[Architecture]) -> Principles:  # noqa: ARG002 -- they change nothing
        """Nothing."""
        return everything_remains(self._view, "Nothing is removed.")

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:  # noqa: ARG002 -- nor do these
        """They stay."""
        return principles
