"""What can be rebuilt one by one: the blocks of a chain, or the tokens of a cell."""

from collections.abc import Sequence

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.space import Chained, LayerView, SearchSpace, TokenView, need


class Units:
    """An architecture as a list of integers, one a unit.

    Args:
        space: Must offer Chained, and LayerView or TokenView.
        who: Needs it.

    Raises:
        CapabilityError: The space does not offer them.
    """

    def __init__(self, space: SearchSpace, who: str) -> None:
        self._who = who
        self._chained = need(space, Chained, who)
        self.tokens = None if isinstance(space, LayerView) else need(space, TokenView, who)

    def of(self, architecture: Architecture) -> list[int]:
        """``(U,)`` integers.

        Raises:
            CapabilityError: The tokens of the space are not its units.
        """
        if self.tokens is None:
            return list(architecture.genes)
        units = self.tokens.to_tokens(architecture)
        n_units = len(self._chained.unit_layers(architecture))
        require(
            len(units) == n_units,
            f"{self._who} needs a space with one token a unit; {type(self.tokens).__name__} has {len(units)} tokens "
            f"and {n_units} units; choose another space",
            CapabilityError,
        )
        return units

    def architecture(self, units: Sequence[int]) -> Architecture:
        """Inverse of ``of``; may be invalid."""
        numbers = tuple(int(unit) for unit in units)
        return Architecture(numbers) if self.tokens is None else self.tokens.from_tokens(numbers)
