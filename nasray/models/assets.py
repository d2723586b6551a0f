"""What nasray ships ready made: tensors and a card under ``nasray/assets/NAME/``."""

import json
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from nasray.core.errors import DataError

ASSETS = Path(__file__).resolve().parents[1] / "assets"
WEIGHTS, CARD = "weights.safetensors", "card.json"


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
        DataError: It is missing or damaged.
    """
    folder = asset_folder(name)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return safetensors.torch.load_file(folder / WEIGHTS), card
    except (OSError, ValueError, SafetensorError) as error:
        raise DataError(f"asset {folder} is damaged ({error}); make or install it again") from error


def write_asset(folder: Path, tensors: dict[str, Tensor], card: dict[str, Any]) -> None:
    """Write both files; equal contents give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(safetensors.torch.save({name: one.contiguous() for name, one in tensors.items()}))
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
