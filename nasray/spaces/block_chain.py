"""Chains of blocks: the space that GPT-NAS searches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.layer_properties import LayerProperties
from nasray.core.network_plan import NetworkPlan
from nasray.core.space import Graph
from nasray.models.blocks import BLOCKS
from nasray.spaces.block_chain_network import WIDTH_STEP, Step, chain_plan, step_layers, steps
from nasray.spaces.block_chain_wording import SENTENCES
from nasray.spaces.code import render_cell
from nasray.spaces.wording import describe_operators

_REFERENCE_SHAPE = (3, 32, 32)
"""The image for which layers are counted where no other is named: CIFAR's, on which the paper searches."""


@dataclass(kw_only=True)
class BlockChain:
    """Chains of blocks of fifteen types.

    Yu et al. 2023, "GPT-NAS: Evolutionary Neural Architecture Search with the Generative Pre-Trained Model",
    https://arxiv.org/abs/2305.05351, Table II. Genes: one block type a place, numbers into ``models.blocks.BLOCKS``;
    a member has ``min_blocks`` to ``max_blocks`` genes. Every chain is a network, for every image.

    Departures from the paper, which does not say how arbitrary blocks fit together: the thirds of the depth have
    1, 2 and 4 times the first width; the image is halved where a third begins and by stems and pooling blocks, as long
    as ``min_pixels`` are left; 1x1 convolutions stand where a block cannot change the shape itself; mean over the
    pixels and a linear classifier come last.

    Args:
        channels: C, width of the first third of the blocks.
        width_multiplier: Times ``channels``, rounded to a multiple of 8, at least 8.
        min_blocks: Fewest blocks; 10 in the paper.
        max_blocks: Most blocks; 20 in the paper.
        min_pixels: The image's shorter side is not halved below it.

    Raises:
        ConfigError: Depths that no network has, or a width or size that is not positive.
    """

    channels: int
    width_multiplier: float
    min_blocks: int
    max_blocks: int
    min_pixels: int

    def __post_init__(self) -> None:
        """Refuse bounds that no chain meets."""
        require(
            1 <= self.min_blocks <= self.max_blocks,
            f"BlockChain min_blocks ({self.min_blocks}) and max_blocks ({self.max_blocks}) leave no depth: "
            "needs 1 <= min_blocks <= max_blocks",
        )
        for name in ("channels", "width_multiplier", "min_pixels"):
            value = getattr(self, name)
            require(value > 0, f"BlockChain {name} ({value}) must be above 0")
        first = WIDTH_STEP * max(1, round(self.channels * self.width_multiplier / WIDTH_STEP))
        self._widths = (first, 2 * first, 4 * first)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A depth, then every block, uniformly."""
        depth = int(rng.integers(self.min_blocks, self.max_blocks + 1))
        return Architecture(tuple(rng.integers(len(BLOCKS), size=depth).tolist()))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """One block more, one fewer, or another in its place: of what the depth allows, with equal chance."""
        while True:
            genes = list(architecture.genes)
            can_grow, can_shrink = len(genes) < self.max_blocks, len(genes) > self.min_blocks
            ways = ["replace", *["add"] * can_grow, *["remove"] * can_shrink]
            way, where, what = rng.random(3).tolist()
            chosen = ways[int(way * len(ways))]
            block = int(what * len(BLOCKS))
            if chosen == "add":
                genes.insert(int(where * (len(genes) + 1)), block)
            elif chosen == "remove":
                del genes[int(where * len(genes))]
            else:
                genes[int(where * len(genes))] = block
            if tuple(genes) != architecture.genes:
                return Architecture(tuple(genes))

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """One point: the head of one and the tail of the other, cut where each likes, mended to an allowed depth."""
        if first == second:
            return first
        head = int(rng.integers(1, len(first.genes) + 1))
        tail = int(rng.integers(len(second.genes) + 1))
        return self.repair(Architecture((*first.genes[:head], *second.genes[tail:])), rng)

    def validate(self, architecture: Architecture) -> None:
        """A depth within the bounds, and block types that exist.

        Raises:
            InvalidArchitecture: Anything else.
        """
        genes = architecture.genes
        who = f"BlockChain chain {list(genes)}"
        require(
            self.min_blocks <= len(genes) <= self.max_blocks,
            f"{who} has {len(genes)} blocks: needs {self.min_blocks} to {self.max_blocks}",
            InvalidArchitecture,
        )
        wrong = [place for place, gene in enumerate(genes) if not 0 <= gene < len(BLOCKS)]
        require(
            not wrong, f"{who}: blocks {wrong} are of no type: genes need 0 to {len(BLOCKS) - 1}", InvalidArchitecture
        )

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Draw the blocks of no type anew; then drop or insert random blocks until the depth is allowed."""
        genes = [g if 0 <= g < len(BLOCKS) else int(rng.integers(len(BLOCKS))) for g in architecture.genes]
        while len(genes) > self.max_blocks:
            del genes[int(rng.integers(len(genes)))]
        while len(genes) < self.min_blocks:
            genes.insert(int(rng.integers(len(genes) + 1)), int(rng.integers(len(BLOCKS))))
        return Architecture(tuple(genes))

    def canonical(self, architecture: Architecture) -> Architecture:
        """Itself: a block's shape depends on its place, so that hardly two chains compute the same function."""
        return architecture

    def to_text(self, architecture: Architecture) -> str:
        """The block types, e.g. ``stem-conv-relu-…``."""
        return "-".join(self._names(architecture.genes))

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: A block has no known type, or there are too few or too many.
        """
        names = text.split("-")
        unknown = sorted(set(names) - set(BLOCKS))
        if unknown:
            raise InvalidArchitecture(
                f"BlockChain chain {text!r}: blocks {unknown} are unknown; write {', '.join(BLOCKS)}, joined by -"
            )
        architecture = Architecture(tuple(BLOCKS.index(name) for name in names))
        self.validate(architecture)
        return architecture

    def vocabulary(self) -> Sequence[str]:
        """The block types."""
        return BLOCKS

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """The genes; chains differ in length."""
        return list(architecture.genes)

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """Inverse of ``to_tokens``."""
        return Architecture(tuple(tokens))

    def blocks(self) -> Sequence[str]:
        """The fifteen block types."""
        return BLOCKS

    def unit_layers(self, architecture: Architecture) -> Sequence[int]:
        """Layers of every block on a CIFAR image."""
        return [len(step_layers(step)) for step in self._steps(architecture.genes, _REFERENCE_SHAPE)]

    def layers(
        self, architecture: Architecture, input_shape: tuple[int, int, int]
    ) -> Sequence[Sequence[LayerProperties]]:
        """The layers of every block, ids counted through the chain."""
        found: list[list[LayerProperties]] = []
        n_layers = 0
        for step in self._steps(architecture.genes, input_shape):
            found.append(_numbered(step_layers(step), n_layers))
            n_layers += len(found[-1])
        return found

    def block_layers(
        self, before: Sequence[int], block: int, n_blocks: int, input_shape: tuple[int, int, int]
    ) -> Sequence[LayerProperties]:
        """The layers of one block that were to follow others.

        Raises:
            InvalidArchitecture: There is no such block type, or no place for it.
        """
        genes = (*before, block)
        require(
            len(genes) <= n_blocks and all(0 <= gene < len(BLOCKS) for gene in genes),
            f"BlockChain block {block} behind blocks {list(before)} in a chain of {n_blocks}: needs types "
            f"0 to {len(BLOCKS) - 1} and a place in the chain",
            InvalidArchitecture,
        )
        *earlier, last = steps(self._names(genes), n_blocks, input_shape, self._widths, self.min_pixels)
        return _numbered(step_layers(last), sum(len(step_layers(step)) for step in earlier))

    def from_layers(
        self, layers: Sequence[Sequence[LayerProperties]], input_shape: tuple[int, int, int]
    ) -> Architecture:
        """Inverse of ``layers``: the chain whose blocks have these layers.

        Raises:
            InvalidArchitecture: A block has the layers of no type in its place, or the chain has no allowed depth.
        """
        genes: list[int] = []
        for place, found in enumerate(layers):
            alike = [
                gene
                for gene in range(len(BLOCKS))
                if self.block_layers(genes, gene, len(layers), input_shape) == list(found)
            ]
            if len(alike) != 1:
                lines = " | ".join(layer.to_text() for layer in found)
                raise InvalidArchitecture(
                    f"BlockChain block {place} of {len(layers)} has the layers {lines}, which are those of "
                    f"{self._names(alike) or 'no block'} in this place; they must be those of exactly one block type"
                )
            genes += alike
        architecture = Architecture(tuple(genes))
        self.validate(architecture)
        return architecture

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """The blocks, mean and classifier; the layers of block i have the stage ``block{i}``, the rest ``head``."""
        require(n_classes >= 1, f"BlockChain got {n_classes} classes; it needs at least 1")
        return chain_plan(self._steps(architecture.genes, input_shape), n_classes)

    def graph(self, architecture: Architecture) -> Graph:
        """A path from input to output through all blocks."""
        names = ("input", *self._names(architecture.genes), "output")
        return Graph(names, tuple((place, place + 1) for place in range(len(names) - 1)))

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences for input, output and the blocks."""
        said = dict(describe_operators(("input", "output")))
        for name in BLOCKS:
            short, medium, long = SENTENCES[name]
            said[name] = {"short": short, "medium": medium, "long": long}
        return said

    def to_code(self, architecture: Architecture) -> str:
        """The chain as a class."""
        places = [*enumerate(self._steps(architecture.genes, _REFERENCE_SHAPE))]
        modules = {f"block{at}": f"{step.block}({step.width}, stride={step.stride})" for at, step in places}
        lines = [f"x = self.block{at}(x)" for at, _ in places]
        note = "Blocks by width and stride, for 32x32 images; mean and classifier follow."
        return render_cell("Chain", note, modules, ("x",), [*lines, "return x"])

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """The depth, then every block's type."""
        named: dict[str, Any] = {"blocks": len(architecture.genes)}
        return named | {f"block {place}": name for place, name in enumerate(self._names(architecture.genes))}

    def _names(self, genes: Sequence[int]) -> list[str]:
        return [BLOCKS[gene] for gene in genes]

    def _steps(self, genes: Sequence[int], input_shape: tuple[int, int, int]) -> list[Step]:
        require(
            min(input_shape) >= 1,
            f"BlockChain cannot build block 0 for images of shape {input_shape}: channels, height and width must be at "
            "least 1; choose another dataset",
        )
        return steps(self._names(genes), len(genes), input_shape, self._widths, self.min_pixels)


def _numbered(layers: Sequence[LayerProperties], first: int) -> list[LayerProperties]:
    """The layers with ids from ``first``."""
    return [replace(layer, id=first + number) for number, layer in enumerate(layers)]
