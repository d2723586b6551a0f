"""Trainings that can be found again: their tensors in a blob store, and a small file that says under which address."""

import json
import os
from collections.abc import Callable, Iterable, Set
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors.torch
from torch import Tensor

from nasray.core.blob_store import BlobStore
from nasray.core.errors import RecordError
from nasray.models.checkpoint_name import CheckpointName, files_of_slot, slot_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A state and what must be known to use it.

    Attributes:
        state: Tensors by name, as ``Trainer.state`` gives them.
        layers: ``inheritance.layer_labels`` of the network.
        inherited_share: The share of the weights that it began with; None where none were to be inherited.
    """

    state: dict[str, Tensor]
    layers: tuple[str, ...]
    inherited_share: float | None


@dataclass(frozen=True, slots=True)
class _Pointer:
    """The content of a small file.

    Attributes:
        blob: Address of the state.
        epoch: Epochs trained.
        superseded: Addresses of earlier states of the same slot, to be deleted.
    """

    blob: str
    epoch: int
    layers: list[str]
    inherited_share: float | None
    superseded: list[str]


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The latest state of each slot's training.

    Attributes:
        store: Where the tensors go, as safetensors.
        folder: Where one small file a slot names the latest blob; shared by all workers.
    """

    store: BlobStore
    folder: Path

    def save(self, name: CheckpointName, kept: Kept) -> None:
        """Make ``kept`` the latest state of its slot; a crash leaves the one before."""
        path = self.folder / name.file_name
        before = _read(path)
        address = self.store.put(safetensors.torch.save(kept.state))
        old = [] if before is None else [*before.superseded, before.blob]
        superseded = [other for other in old if other != address]
        pointer = _Pointer(address, int(kept.state["epoch"]), list(kept.layers), kept.inherited_share, superseded)
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(pointer), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def latest(self, name: CheckpointName, at_most: int) -> Kept | None:
        """The furthest state of the training that ``name`` is of, its earlier slots included.

        Args:
            name: The slot that goes on, or is done again.
            at_most: Epochs; a state beyond them is of no use.

        Returns:
            None when there is none, or its blob is lost: then the training begins again, which gives the same numbers.

        Raises:
            RecordError: A small file was edited.
        """
        own = self.folder / name.file_name
        paths = [own] if name.slot == name.origin else sorted(self.folder.glob(name.training))
        pointers = [pointer for path in paths if (pointer := _read(path)) is not None and pointer.epoch <= at_most]
        for pointer in sorted(pointers, key=lambda pointer: -pointer.epoch):
            try:
                return self._kept(pointer)
            except RecordError:
                continue
        return None

    def of_slot(self, slot: int, family: str) -> Kept | None:
        """The state that ``slot`` ended with, whatever its network; None when it has none.

        Raises:
            RecordError: A small file was edited, or the blob is missing or not what was stored.
        """
        for path in sorted(self.folder.glob(files_of_slot(slot, family))):
            pointer = _read(path)
            if pointer is not None:
                return self._kept(pointer)
        return None

    def sweep(self, n_told: int, keep: Set[int], delete: Callable[[str], None]) -> None:
        """Delete the states of the slots below ``n_told`` that are not in ``keep``, and all superseded ones.

        A blob goes before the small file that names it, and only when no other file does: whoever is killed in between
        leaves a file that the next sweep finds. To be called by one process at a time; trainings may go on meanwhile.

        Args:
            n_told: Slots from here on may be being trained.
            keep: Slots whose states are needed.
            delete: Removes a blob from the store; a missing one is no error.

        Raises:
            RecordError: A small file was edited, or a blob cannot be deleted.
        """
        found = {path: slot_of(path.name) for path in self.folder.glob("slot-*")}
        dead = {path for path, slot in found.items() if slot is not None and slot < n_told and slot not in keep}
        pointers = {path: pointer for path in found if path.suffix == ".json" and (pointer := _read(path)) is not None}
        needed = {pointer.blob for path, pointer in pointers.items() if path not in dead}
        for path, pointer in pointers.items():
            _delete_all({*pointer.superseded, *([pointer.blob] if path in dead else ())} - needed, delete)
        for path in dead:
            path.unlink(missing_ok=True)

    def _kept(self, pointer: _Pointer) -> Kept:
        state = safetensors.torch.load(self.store.get(pointer.blob))
        return Kept(state=state, layers=tuple(pointer.layers), inherited_share=pointer.inherited_share)


def _delete_all(addresses: Iterable[str], delete: Callable[[str], None]) -> None:
    for address in sorted(addresses):
        delete(address)


def _read(path: Path) -> _Pointer | None:
    """The content of a small file; None when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return _Pointer(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise RecordError(
            f"checkpoint {path} got {text[:40]!r}; it must hold the address of a state and what belongs to it: delete "
            "it, and the training starts again"
        ) from error
