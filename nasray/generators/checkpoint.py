"""What a generator knows before a search begins: weights, counts, vocabulary, and where they come from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from nasray.core.errors import DataError, require
from nasray.core.space import LayerView, SearchSpace, TokenView
from nasray.models.assets import ASSETS, CARD, WEIGHTS, write_asset
from nasray.models.gpt import GptShape

SHIPPED = f"gpt_*/{CARD}"
"""Cards of the checkpoints among what is shipped."""

Kind = Literal["tokens", "layers"]


@dataclass(frozen=True)
class Checkpoint:
    """Tensors and their card.

    Attributes:
        name: Of its folder.
        kind: What its words are: ``tokens`` of a space, or ``layers`` of networks.
        words: ``(V,)`` vocabulary; word i has the id i + 3.
        blocks: Block types that the selector knows; none for ``tokens``.
        shape: Of the GPT.
        longest: Words of the longest sequence it was trained on.
        tensors: ``gpt.*``; ``selector.*``; ``bigrams`` ``(K, 3)``: id, next id, how often; ``beginnings``
            ``(M, 3)``: id of a block's first layer, block, how often.
        pedigree: Where it comes from: corpus, counts, seed, command, losses, what it has seen.
    """

    name: str
    kind: Kind
    words: tuple[str, ...]
    blocks: tuple[str, ...]
    shape: GptShape
    longest: int
    tensors: Mapping[str, Tensor]
    pedigree: Mapping[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with ``prefix.``, by the rest of their names."""
        start = f"{prefix}."
        return {name.removeprefix(start): value for name, value in self.tensors.items() if name.startswith(start)}

    def write(self, folder: Path) -> None:
        """Put weights and card into ``folder``."""
        content = safetensors.torch.save({name: value.contiguous() for name, value in self.tensors.items()})
        shape = {name: getattr(self.shape, name) for name in ("width", "layers", "heads", "window", "dropout")}
        card = {
            **self.pedigree,
            "kind": self.kind,
            "shape": shape,
            "longest": self.longest,
            "weights_sha256": hashlib.sha256(content).hexdigest(),
            "blocks": self.blocks,
            "words": self.words,
        }
        write_asset(folder, dict(self.tensors), card)

    @classmethod
    def read(cls, folder: Path) -> "Checkpoint":
        """Inverse of ``write``.

        Raises:
            DataError: There is none, its card is not one, or its weights are not those that the card tells of.
        """
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            content = (folder / WEIGHTS).read_bytes()
            own = {name: card.pop(name) for name in ("kind", "shape", "words", "blocks", "longest", "weights_sha256")}
            shape = GptShape(n_words=len(own["words"]), **own["shape"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"checkpoint {folder} cannot be read ({type(error).__name__}: {error}); it must hold {CARD} and "
                f"{WEIGHTS} as the pre-training wrote them"
            ) from error
        require(
            hashlib.sha256(content).hexdigest() == own["weights_sha256"],
            f"checkpoint {folder}: {WEIGHTS} is not the file that {CARD} tells of; copy or make both again",
            DataError,
        )
        try:
            tensors = safetensors.torch.load(content)
        except SafetensorError as error:
            raise DataError(f"checkpoint {folder}: {WEIGHTS} cannot be read: {error}; make it again") from error
        words, blocks = tuple(own["words"]), tuple(own["blocks"])
        return cls(folder.name, own["kind"], words, blocks, shape, own["longest"], tensors, card)

    @classmethod
    def of(cls, name: str | None, space: SearchSpace, who: str) -> "Checkpoint":
        """The checkpoint that is to serve ``space``.

        Args:
            name: Of a shipped one, or its folder; None for the shipped one that fits.
            space: Whose members are to be written.
            who: Asks.

        Raises:
            DataError: None fits; or the named one is missing, or has another vocabulary.
        """
        if name is not None:
            shipped = ASSETS / name
            checkpoint = cls.read(shipped if shipped.is_dir() else Path(name).expanduser())
            fault = checkpoint.misfit(space)
            require(not fault, f"{who}: checkpoint {name} does not serve {type(space).__name__}: {fault}", DataError)
            return checkpoint
        found = [cls.read(card.parent) for card in sorted(ASSETS.glob(SHIPPED))]
        fitting = [one for one in found if not one.misfit(space)]
        faults = "; ".join(f"{one.name}: {one.misfit(space)}" for one in found)
        require(
            bool(fitting),
            f"{who} finds no shipped checkpoint for {type(space).__name__} ({faults or 'none is installed'}); name "
            "one that was trained on this space's words by checkpoint=FOLDER",
            DataError,
        )
        return min(fitting, key=lambda one: len(one.words))

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
