"""Trainings that can be found again: their tensors in a blob store, and a small file that says under which address."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from torch import Tensor

from nasray.core.blob_store import BlobStore
from nasray.core.errors import RecordError


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The latest state of each training.

    Attributes:
        store: Where the tensors go, as safetensors.
        folder: Where one small file a training names the latest blob; shared by all workers.
    """

    store: BlobStore
    folder: Path

    def save(self, name: str, state: dict[str, Tensor]) -> None:
        """Make ``state`` the latest of the training ``name``; a crash leaves the one before."""
        address = self.store.put(safetensors.torch.save(state))
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{name}.{os.getpid()}.part"
        with draft.open("w", encoding="utf-8") as file:
            json.dump({"blob": address}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path(name))

    def load(self, name: str) -> dict[str, Tensor] | None:
        """The latest state of the training ``name``, or None when it has none.

        Raises:
            RecordError: The small file was edited, or the blob is not what was stored.
        """
        try:
            text = self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            address = json.loads(text)["blob"]
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(
                f'checkpoint {self._path(name)} got {text[:40]!r}; it must hold {{"blob": address}}: delete it, and '
                "the training starts again"
            ) from error
        return safetensors.torch.load(self.store.get(address))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
