"""What a generator knows before a search begins: weights, counts, vocabulary, and where they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, Self

from torch import Tensor

from nasray.core.card import Card
from nasray.core.errors import DataError, require
from nasray.core.space import LayerView, SearchSpace, TokenView
from nasray.models.assets import ASSETS, CARD, read_asset, write_asset
from nasray.models.gpt import GptShape

SHIPPED = f"gpt_*/{CARD}"
"""Cards of the checkpoints among what is shipped."""

Kind = Literal["tokens", "layers"]

_OWN = "name one that was trained on this space's words by generator.checkpoint=FOLDER"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Tensors and their card.

    Attributes:
        card: Where it comes from and what it has seen; its facts are those that are not among the attributes below.
        kind: What its words are: ``tokens`` of a space, or ``layers`` of networks.
        words: ``(V,)`` vocabulary; word i has the id i + 3.
        blocks: Block types that the selector knows; none for ``tokens``.
        shape: Of the GPT.
        longest: Words of the longest sequence it was trained on.
        tensors: ``gpt.*``; ``selector.*``; ``bigrams`` ``(K, 3)``: id, next id, how often; ``beginnings``
            ``(M, 3)``: id of a block's first layer, block, how often.
    """

    card: Card
    kind: Kind
    words: tuple[str, ...]
    blocks: tuple[str, ...]
    shape: GptShape
    longest: int
    tensors: Mapping[str, Tensor]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with ``prefix.``, by the rest of their names."""
        start = f"{prefix}."
        return {name.removeprefix(start): value for name, value in self.tensors.items() if name.startswith(start)}

    def write(self, folder: Path) -> None:
        """Put weights and card into ``folder``."""
        shape = {name: value for name, value in asdict(self.shape).items() if name != "n_words"}
        own = {"kind": self.kind, "shape": shape, "longest": self.longest, "blocks": self.blocks, "words": self.words}
        write_asset(folder, self.tensors, replace(self.card, facts={**self.card.facts, **own}).to_json())

    @classmethod
    def read(cls, name: str) -> Self:
        """Inverse of ``write``.

        Args:
            name: Of a shipped one, or its folder.

        Raises:
            DataError: There is none, it is damaged, or it is not a generator's.
        """
        tensors, data = read_asset(name, "generator")
        card = Card.from_json(data)
        facts = dict(card.facts)
        try:
            own = {field: facts.pop(field) for field in ("kind", "shape", "longest", "blocks", "words")}
            shape = GptShape(n_words=len(own["words"]), **own["shape"])
        except (KeyError, TypeError) as error:
            raise DataError(
                f"the card of checkpoint {name} lacks {error}; it must say kind, shape, longest, blocks and words: "
                "make it again"
            ) from error
        return cls(
            card=replace(card, facts=facts),
            kind=own["kind"],
            words=tuple(own["words"]),
            blocks=tuple(own["blocks"]),
            shape=shape,
            longest=own["longest"],
            tensors=tensors,
        )

    @classmethod
    def shipped(cls) -> list[Self]:
        """All that nasray ships, by name."""
        return [cls.read(card.parent.name) for card in sorted(ASSETS.glob(SHIPPED))]

    @classmethod
    def of(cls, name: str | None, space: SearchSpace, who: str) -> Self:
        """The checkpoint that is to serve ``space``.

        Args:
            name: Of a shipped one, or its folder; None for the shipped one that fits.
            space: Whose members are to be written.
            who: Asks.

        Raises:
            DataError: None fits; or the named one is missing, or has another vocabulary.
        """
        if name is not None:
            checkpoint = cls.read(name)
            if fault := checkpoint.misfit(space):
                where = f"{who}: checkpoint {name} does not serve {type(space).__name__}"
                raise DataError(f"{where}: {fault}; {cls._instead(space)}")
            return checkpoint
        found = cls.shipped()
        fitting = [one for one in found if not one.misfit(space)]
        faults = "; ".join(f"{one.card.name}: {one.misfit(space)}" for one in found)
        require(
            bool(fitting),
            f"{who} finds no shipped checkpoint for {type(space).__name__} ({faults or 'none is installed'}); {_OWN}",
            DataError,
        )
        return min(fitting, key=lambda one: len(one.words))

    @classmethod
    def _instead(cls, space: SearchSpace) -> str:
        """What to choose for ``space``."""
        fitting = [one.card.name for one in cls.shipped() if not one.misfit(space)]
        if not fitting:
            return f"no shipped one does: {_OWN}"
        return f"name {' or '.join(fitting)}, or set generator.checkpoint=null, which takes the shipped one that fits"

    def misfit(self, space: SearchSpace) -> str:
        """Why it cannot serve ``space``; empty when it can. Words that the space does not have do no harm."""
        if isinstance(space, LayerView):
            return self._without("layers", "blocks", self.blocks, space.blocks())
        if isinstance(space, TokenView):
            return self._without("tokens", "words", self.words, space.vocabulary())
        return "the space offers neither LayerView nor TokenView"

    def _without(self, kind: Kind, what: str, known: Sequence[str], needed: Sequence[str]) -> str:
        if self.kind != kind:
            return f"its words are {self.kind}, those of the space are {kind}"
        missing = [name for name in needed if name not in set(known)]
        return f"it lacks {len(missing)} {what} of the space, e.g. {missing[:3]}" if missing else ""
