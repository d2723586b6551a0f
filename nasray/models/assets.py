"""What nasray ships ready made: tensors and a card under ``nasray/assets/NAME/``."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from nasray.core.errors import DataError, require

ASSETS = Path(__file__).resolve().parents[1] / "assets"
WEIGHTS, CARD = "weights.safetensors", "card.json"
HASH = "weights_sha256"
"""Of the weights, in the card."""

Reader = Literal["generator", "predictor"]
_FACTS: Mapping[Reader, str] = {"generator": "words", "predictor": "reads"}
"""The fact by which a card tells who can use its weights."""


def asset_folder(name: str, reader: Reader | None = None) -> Path:
    """The folder of a shipped asset, or ``name`` itself where that is a folder with a card.

    Args:
        name: Of the asset.
        reader: Who asks, to be told of those that fit; None for all.

    Raises:
        DataError: There is neither.
    """
    for folder in (ASSETS / name, Path(name).expanduser()):
        if (folder / CARD).is_file():
            return folder
    raise DataError(
        f"there is no asset {name!r}: name one of {_shipped(reader)}, or a folder with {WEIGHTS} and {CARD}"
    )


def read_asset(name: str, reader: Reader | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and card.

    Args:
        name: Of the asset.
        reader: Who is to use it; None for a part that names its own.

    Raises:
        DataError: It is missing or damaged, of no use to ``reader``, or its weights are not those that its card tells
            of.
    """
    folder = asset_folder(name, reader)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if reader is not None:
            _check_reader(folder, card, reader)
        content = (folder / WEIGHTS).read_bytes()
        told = card.pop(HASH)
        tensors = safetensors.torch.load(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise DataError(
            f"asset {folder} is damaged ({type(error).__name__}: {error}); make or install it again"
        ) from error
    require(
        hashlib.sha256(content).hexdigest() == told,
        f"asset {folder} is damaged: {WEIGHTS} is not the file that {CARD} tells of; copy or make both again",
        DataError,
    )
    return tensors, card


def write_asset(folder: Path, tensors: Mapping[str, Tensor], card: Mapping[str, Any]) -> None:
    """Write both files; equal contents give equal bytes."""
    content = safetensors.torch.save({name: one.contiguous() for name, one in tensors.items()})
    told = {**card, HASH: hashlib.sha256(content).hexdigest()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(content)
    (folder / CARD).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _check_reader(folder: Path, card: Mapping[str, Any], reader: Reader) -> None:
    """Refuse the weights of another kind of part: they are whole, and of no use."""
    facts = card.get("facts", {})
    if _FACTS[reader] in facts:
        return
    owner = next((one for one, fact in _FACTS.items() if fact in facts), None)
    require(
        owner is None and folder.parent != ASSETS,
        f"checkpoint {folder.name} is {f'that of a {owner}' if owner else 'no checkpoint'}, and a {reader} asks for "
        f"one; name one of {_shipped(reader)}, or a folder with another",
        DataError,
    )


def _shipped(reader: Reader | None) -> str:
    """Names of the shipped assets that ``reader`` can use."""
    cards = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in ASSETS.glob(f"*/{CARD}")}
    fact = reader and _FACTS[reader]
    return ", ".join(sorted(name for name, card in cards.items() if fact is None or fact in card.get("facts", {})))
