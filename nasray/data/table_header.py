"""What a table says about itself."""

import json
from dataclasses import dataclass
from typing import Any

from nasray.core.errors import DataError, InvalidArchitecture
from nasray.core.space import TextView
from nasray.data.column import Column


@dataclass(frozen=True, kw_only=True, slots=True)
class TableHeader:
    """The pedigree of a table, kept inside its file as JSON.

    Attributes:
        name: Name in the catalog.
        space: The search space whose genes are the keys.
        provenance: Source repository, commit and path.
        licence: Of the source.
        source_sha256: Of the file that was imported, so that two exports of one benchmark are told apart.
        columns: Meaning of every column, in the file's order.
        witnesses: ``(text, genes)`` of some rows: a space that reads the text as other genes cannot use the table.
        canonical: Whether a row stands for every architecture with the same canonical form.
        complete: Whether every architecture of the space was measured.
    """

    name: str
    space: str
    provenance: str
    licence: str
    source_sha256: str
    columns: tuple[Column, ...]
    witnesses: tuple[tuple[str, tuple[int, ...]], ...]
    canonical: bool = False
    complete: bool = True

    def check_space(self, space: TextView) -> None:
        """Return if ``space`` gives the witnesses the genes that the table knows them by.

        Raises:
            DataError: It does not: another space, or one whose encoding has changed since the import.
        """
        for text, genes in self.witnesses:
            try:
                got = space.from_text(text).genes
            except InvalidArchitecture as error:
                raise DataError(
                    f"table {self.name} is of space {self.space}, but {type(space).__name__} cannot read its row "
                    f"{text!r} ({error}); choose space={self.space}, or the table that fits"
                ) from error
            if got != genes:
                raise DataError(
                    f"table {self.name} knows {text!r} as genes {genes}, but {type(space).__name__} reads it as {got}: "
                    f"the encoding has changed since the import; run `nasray data import {self.name} FILE` again"
                )

    def to_bytes(self) -> bytes:
        """As the file's metadata takes it."""
        data = {name: getattr(self, name) for name in self.__slots__}
        data["columns"] = [column.to_json() for column in self.columns]
        return json.dumps(data, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "TableHeader":
        """Inverse of ``to_bytes``."""
        data: dict[str, Any] = json.loads(content)
        data["columns"] = tuple(Column.from_json(column) for column in data["columns"])
        data["witnesses"] = tuple((text, tuple(genes)) for text, genes in data["witnesses"])
        return cls(**data)
