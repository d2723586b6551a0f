"""A training of a supernet as one safetensors file: its state, and what must be known to use it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from nasray.core.errors import DataError, require

_KEY = "nasray"


@dataclass(frozen=True, kw_only=True, slots=True)
class SupernetFile:
    """Read from a file, or to be written to one.

    Attributes:
        state: Of a ``SupernetTrainer``.
        facts: What the weights belong to, as JSON takes it: space, text, recipe, seed, members.
    """

    state: dict[str, Tensor]
    facts: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "SupernetFile":
        """The content of a file.

        Raises:
            DataError: It is missing, torn, or was not written by ``write``.
        """
        require(
            path.is_file(), f"supernet weights {path} do not exist; train a supernet, or correct the path", DataError
        )
        try:
            with safe_open(path, "pt") as file:
                facts = json.loads((file.metadata() or {})[_KEY])
                return cls(state={name: file.get_tensor(name) for name in file.keys()}, facts=facts)  # noqa: SIM118
        except (SafetensorError, KeyError, ValueError, OSError) as error:
            raise DataError(f"supernet weights {path} cannot be read ({error}); train the supernet again") from error

    def write(self, path: Path) -> None:
        """Replace ``path`` in one step; a crash leaves what was there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        with draft.open("wb") as file:
            file.write(safetensors.torch.save(self.state, {_KEY: json.dumps(self.facts)}))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def check(self, facts: Mapping[str, Any], who: str) -> None:
        """Refuse to be used for something else than it was made for.

        Raises:
            DataError: A fact of ``facts`` is another one here.
        """
        wrong = [name for name, value in facts.items() if self.facts.get(name) != value]
        require(
            not wrong,
            f"{who}: these weights belong to other {', '.join(wrong)}; choose what they were made with, or train a "
            "supernet for this",
            DataError,
        )
