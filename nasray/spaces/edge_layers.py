"""Spaces whose layers, as design principles know them, are the edges of one cell."""

from abc import abstractmethod
from collections.abc import Sequence

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.restrictable import LayerChoice
from nasray.spaces.choice_space import ChoiceSpace
from nasray.spaces.edge_cell import Edges
from nasray.spaces.restricted import RestrictedChoice, check_principles, restricted


class EdgeLayers(ChoiceSpace):
    """Gene g is the operator of edge g; the wiring is fixed."""

    @abstractmethod
    def wiring(self) -> Edges:
        """``(G,)`` edges, in gene order."""

    @abstractmethod
    def vocabulary(self) -> Sequence[str]:
        """Names of the operators, by id."""

    def layer_choices(self) -> Sequence[LayerChoice]:
        """The edges, all with the same operators."""
        operators = tuple(self.vocabulary())
        return [LayerChoice(f"edge {source} -> {target}", operators) for source, target in self.wiring()]

    def operators_of(self, architecture: Architecture) -> tuple[int, ...]:
        """The genes."""
        return architecture.genes

    def sources_of(self, architecture: Architecture) -> tuple[int, ...]:  # noqa: ARG002 -- no member has any
        """None: the wiring is fixed."""
        return ()

    def restrict(self, principles: Principles) -> RestrictedChoice:
        """The cells whose operators all remain.

        Raises:
            ConfigError: Principles for other layers, an unknown id, an emptied layer, or fewer than two cells left.
        """
        check_principles(principles, self.layer_choices(), type(self).__name__)
        return restricted(self, tuple(tuple(sorted(set(ids))) for ids in principles.operators))
