"""Networks as text, one layer a line: what GPT-NAS is trained on, and the way back.

A line ``network resnet18 ResNet`` begins a network, a line ``block conv`` a block; the lines of its layers follow, as
``LayerProperties.to_text`` writes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nasray.core.errors import DataError, require
from nasray.core.layer_properties import LayerProperties


@dataclass(frozen=True, slots=True)
class BlockLayers:
    """One block of a network and its layers.

    Attributes:
        block: Its type, in a corpus of the paper one of ``models.blocks.BLOCKS``.
        layers: In order, ids counted through the network.
    """

    block: str
    layers: tuple[LayerProperties, ...]


@dataclass(frozen=True, slots=True)
class NetworkLayers:
    """One network of a corpus.

    Attributes:
        name: ``resnet50``, …
        family: ``ResNet``, …; networks of one family are variants of each other.
        blocks: In order; mean and classifier apart.
    """

    name: str
    family: str
    blocks: tuple[BlockLayers, ...]

    def __post_init__(self) -> None:
        """Refuse what could not be written down.

        Raises:
            DataError: A name that is not one line, or layers that are not numbered through the network.
        """
        names = (self.name, self.family, *(one.block for one in self.blocks))
        wrong = [name for name in names if not name or not name.isprintable()]
        require(
            not wrong and " " not in self.name,
            f"network {self.name!r}: names {wrong} must be printable, and the network's a single word",
            DataError,
        )
        ids = [layer.id for one in self.blocks for layer in one.layers]
        require(
            ids == list(range(len(ids))),
            f"network {self.name}: its layers have the ids {_shortened(ids)}; they must count 0, 1, 2, … through it",
            DataError,
        )

    def layers(self) -> Iterable[LayerProperties]:
        """All layers in order."""
        return (layer for one in self.blocks for layer in one.layers)


@dataclass
class _Draft:
    """A network while it is being read."""

    name: str
    family: str
    blocks: list[tuple[str, list[LayerProperties]]] = field(default_factory=list[tuple[str, list[LayerProperties]]])

    def network(self) -> NetworkLayers:
        blocks = tuple(BlockLayers(block, tuple(layers)) for block, layers in self.blocks)
        return NetworkLayers(self.name, self.family, blocks)


def write_corpus(networks: Iterable[NetworkLayers]) -> str:
    """The networks as text.

    Raises:
        DataError: Reading the text again would not give the same networks.
    """
    networks = list(networks)
    lines: list[str] = []
    for network in networks:
        lines.append(f"network {network.name} {network.family}")
        for one in network.blocks:
            lines.append(f"block {one.block}")
            lines += [layer.to_text() for layer in one.layers]
    text = "".join(f"{line}\n" for line in lines)
    check_decoded(networks, read_corpus(text))
    return text


def read_corpus(text: str) -> Sequence[NetworkLayers]:
    """Inverse of ``write_corpus``.

    Raises:
        DataError: A line cannot be read; the message names it, its network and its block.
    """
    drafts: list[_Draft] = []
    for number, line in enumerate(text.splitlines(), start=1):
        word, _, rest = line.partition(" ")
        if word == "network" and " " in rest:
            name, _, family = rest.partition(" ")
            drafts.append(_Draft(name, family))
        elif word == "block" and rest and drafts:
            drafts[-1].blocks.append((rest, []))
        elif drafts and drafts[-1].blocks:
            _read_layer(drafts[-1], line, number)
        else:
            raise DataError(
                f"corpus line {number}, {line!r}, cannot be read; a corpus begins with a line "
                "'network NAME FAMILY', then a line 'block TYPE', then its layers"
            )
    return [draft.network() for draft in drafts]


def _read_layer(draft: _Draft, line: str, number: int) -> None:
    block, layers = draft.blocks[-1]
    try:
        layers.append(LayerProperties.from_text(line))
    except DataError as error:
        raise DataError(
            f"corpus line {number} (network {draft.name}, block {len(draft.blocks) - 1}, {block}, layer "
            f"{len(layers)} of the block): {error}"
        ) from error


def check_decoded(encoded: Sequence[NetworkLayers], decoded: Sequence[NetworkLayers]) -> None:
    """Sound the alarm when networks come back from text otherwise than they went in.

    Raises:
        DataError: The first network, block and layer that was lost or changed.
    """
    if list(encoded) == list(decoded):
        return
    for before, after in zip(encoded, decoded, strict=False):
        if (before.name, before.family, len(before.blocks)) != (after.name, after.family, len(after.blocks)):
            raise DataError(_loss(f"network {before.name} of {len(before.blocks)} blocks", after.name))
        for place, (one, other) in enumerate(zip(before.blocks, after.blocks, strict=True)):
            who = f"network {before.name}, block {place} ({one.block})"
            for layer, found in zip(one.layers, other.layers, strict=False):
                if layer != found:
                    raise DataError(_loss(f"{who}, layer {layer.id}", f"{found.to_text()!r}"))
            if one != other:
                raise DataError(_loss(f"{who} of {len(one.layers)} layers", f"{other.block}, {len(other.layers)}"))
    raise DataError(_loss(f"corpus of {len(encoded)} networks", f"{len(decoded)} networks"))


def distinct_structures(layers: Iterable[LayerProperties]) -> int:
    """How many words the vocabulary of a corpus has; the paper counts 168 in its own."""
    return len({layer.structure() for layer in layers})


def _loss(who: str, found: str) -> str:
    return (
        f"encode-decode loss: {who} came back as {found}; what is not among the twelve properties or not in the "
        "vocabulary is lost: extend the encoding before training on this corpus"
    )


def _shortened(ids: Sequence[int]) -> str:
    return f"{list(ids[:10])}{' …' if len(ids) > 10 else ''}"
