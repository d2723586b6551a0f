"""What nasray ships ready made: tensors and a card under ``nasray/assets/NAME/``."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from nasray.core.errors import DataError, require

ASSETS = Path(__file__).resolve().parents[1] / "assets"
WEIGHTS, CARD = "weights.safetensors", "card.json"
HASH = "weights_sha256"
"""Of the weights, in the card."""


def asset_folder(name: str) -> Path:
    """The folder of a shipped asset, or ``name`` itself where that is a folder with a card.

    Raises:
        DataError: There is neither.
    """
    for folder in (ASSETS / name, Path(name).expanduser()):
        if (folder / CARD).is_file():
            return folder
    known = sorted(path.parent.name for path in ASSETS.glob(f"*/{CARD}"))
    raise DataError(
        f"there is no asset {name!r}: name one of {', '.join(known)}, or a folder with {WEIGHTS} and {CARD}"
    )


def read_asset(name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and card.

    Raises:
        DataError: It is missing or damaged, or its weights are not those that its card tells of.
    """
    folder = asset_folder(name)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
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
