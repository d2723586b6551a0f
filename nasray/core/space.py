"""What a search space offers: a small core that every space has, and capabilities that a part may ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError
from nasray.core.layer_properties import LayerProperties
from nasray.core.network_plan import NetworkPlan


class SearchSpace(Protocol):
    """The set of architectures a search looks through.

    Lifecycle: built once per process from its config, then read only. Every method is pure; randomness is an
    argument. ``sample``, ``mutate`` and ``repair`` return valid architectures only (a contract test holds them to it).
    """

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A random member."""
        ...

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """A neighbour that differs from ``architecture``."""
        ...

    def validate(self, architecture: Architecture) -> None:
        """Return if ``architecture`` is a member.

        Raises:
            InvalidArchitecture: It is not; the message says which rule it breaks.
        """
        ...

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The nearest member the space knows how to make; ``architecture`` itself when it is one."""
        ...

    def canonical(self, architecture: Architecture) -> Architecture:
        """The representative of all architectures that compute the same function, by this space's definition."""
        ...


@runtime_checkable
class TextView(Protocol):
    """The space has a written form, the one its benchmark uses."""

    def to_text(self, architecture: Architecture) -> str:
        """The written form."""
        ...

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text is not of this space's form.
        """
        ...


@runtime_checkable
class Crossable(Protocol):
    """Two members can be recombined."""

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """A member made of parts of both."""
        ...


@runtime_checkable
class Enumerable(Protocol):
    """The space can be counted and walked."""

    def size(self) -> int:
        """Number of members (strings, not canonical forms)."""
        ...

    def enumerate(self) -> Iterator[Architecture]:
        """Every member once, always in the same order."""
        ...


@runtime_checkable
class Neighbourly(Protocol):
    """The members one mutation away can be listed."""

    def neighbours(self, architecture: Architecture) -> Sequence[Architecture]:
        """Every member that one mutation can reach, once, always in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class Graph:
    """An architecture as operators on nodes and data flow on edges.

    Attributes:
        operators: ``(N,)`` names, the first ``input``, the last ``output``.
        edges: ``(E, 2)`` pairs (from, to), each from < to.
    """

    operators: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]


@runtime_checkable
class GraphView(Protocol):
    """Members can be drawn, embedded and scored as graphs."""

    def graph(self, architecture: Architecture) -> Graph:
        """The graph of one member."""
        ...

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Operator name -> {``short``, ``medium``, ``long``} sentence, worded alike across spaces."""
        ...


@runtime_checkable
class TokenView(Protocol):
    """Members can be written as sequences over a finite vocabulary."""

    def vocabulary(self) -> Sequence[str]:
        """The tokens, in id order."""
        ...

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """Token ids of one member."""
        ...

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """Inverse of ``to_tokens``; may return an invalid architecture, which the gate repairs."""
        ...


@runtime_checkable
class Chained(Protocol):
    """Members are sequences of units (blocks of a chain, edges or vertices of a cell), rebuilt one by one."""

    def unit_layers(self, architecture: Architecture) -> Sequence[int]:
        """``(U,)`` layers in each unit of one member, in the order in which units are rebuilt."""
        ...


@runtime_checkable
class LayerView(Chained, Protocol):
    """Members are chains of named blocks whose layers can be read, also block by block while a chain is being written.

    The layers of a block depend on the blocks before it and on the length of the whole chain, never on later blocks.
    What stands behind the last block (mean and classifier) belongs to no block.
    """

    def blocks(self) -> Sequence[str]:
        """The block types; gene g of a member means ``blocks()[g]``."""
        ...

    def layers(
        self, architecture: Architecture, input_shape: tuple[int, int, int]
    ) -> Sequence[Sequence[LayerProperties]]:
        """``(U,)`` blocks, each with its layers, for images of ``input_shape`` = (C, H, W); ids count from 0."""
        ...

    def block_layers(
        self, before: Sequence[int], block: int, n_blocks: int, input_shape: tuple[int, int, int]
    ) -> Sequence[LayerProperties]:
        """The layers of ``block`` were it to follow the blocks ``before`` in a chain of ``n_blocks``.

        Raises:
            InvalidArchitecture: There is no such block type, or no place for it in the chain.
        """
        ...


@runtime_checkable
class ModuleView(Protocol):
    """Members can be built as networks."""

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """The network of one member for images of ``input_shape`` = (C, H, W)."""
        ...


@runtime_checkable
class Prunable(Protocol):
    """What a member has without effect can be told from the rest."""

    def pruned(self, architecture: Architecture) -> Architecture:
        """The same network without operators that are on no path from input to output; itself when all are."""
        ...


@runtime_checkable
class CodeView(Protocol):
    """Members can be shown as source code."""

    def to_code(self, architecture: Architecture) -> str:
        """A readable class; operators under their own names."""
        ...


@runtime_checkable
class PromptView(Protocol):
    """Members can be described to a language model as hyper-parameters."""

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """Named values of one member, in the order they should be read."""
        ...


View = TypeVar("View")


def need(space: SearchSpace, capability: type[View], who: str) -> View:
    """``space`` as the capability that ``who`` needs.

    Raises:
        CapabilityError: The space does not offer it.
    """
    if isinstance(space, capability):
        return space
    raise CapabilityError(
        f"{who} needs a space with {capability.__name__}, but {type(space).__name__} does not offer it; "
        f"choose another space or another part in place of {who}"
    )
