"""NAS-Bench-201 and NATS-Bench (topology), the official archives: every run of all 15,625 cells.

Dong and Yang 2020, https://arxiv.org/abs/2001.00326; Dong et al. 2021, https://arxiv.org/abs/2009.00437. Three forms
are read: ``NAS-Bench-201-v1_*.pth``, ``NATS-tss-v1_0-*.pickle.pbz2``, and ``NATS-tss-v1_0-*-simple``, as a tar or
unpacked, which has one file a cell and needs little memory. A cell has runs by schedule
(``12`` and ``200``, in the .pth ``less`` and ``full``), data set and seed; seeds are averaged.
"""

import bz2
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.nasbench201 import NOTES
from nasray.data.importers.plain_pickle import REMEDY, load_plain
from nasray.data.importers.row_gatherer import RowGatherer
from nasray.data.importers.torch_file import load_torch
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

N_CELLS = 15_625
SCHEDULES = {200: ("200", "full"), 12: ("12", "less")}
"""Epochs -> what the archives call the schedule."""

SOURCES = {
    "cifar10": (("cifar10-valid", "x-valid"), ("cifar10", "ori-test")),
    "cifar100": (("cifar100", "x-valid"), ("cifar100", "x-test")),
    "imagenet16_120": (("ImageNet16-120", "x-valid"), ("ImageNet16-120", "x-test")),
}
"""Our data set -> (the archive's data set, its part) for VALID and for TEST."""


def _columns() -> tuple[Column, ...]:
    found: list[Column] = []
    for dataset in SOURCES:
        for epochs in SCHEDULES:
            found += [
                Column(
                    dataset=dataset,
                    split=split,
                    epochs=epochs,
                    quantity="accuracy",
                    unit="%",
                    direction="higher",
                    seeds="mean of those in the archive, 1 to 3",
                    note=NOTES.get((dataset, split), ""),
                )
                for split in (Split.VALID, Split.TEST)
            ]
            found.append(
                Column(
                    dataset=dataset,
                    split=None,
                    epochs=epochs,
                    quantity="training time without evaluation",
                    unit="s",
                    direction="lower",
                    seeds="mean of those in the archive, 1 to 3",
                    note="of the training whose VALID is given",
                    key=f"{dataset}_seconds_{epochs}",
                )
            )
    return tuple(found)


COLUMNS = _columns()
BOUNDS = {column.name: (0.0, 100.0 if column.split else 1e7) for column in COLUMNS}


def read_archive(path: Path, space: WrittenSpace, n_cells: int = N_CELLS) -> Rows:
    """The cells of an official archive, in any of its three forms.

    Raises:
        DataError: The archive is damaged or foreign, asks for code, lacks a run, holds an unknown cell or an
            impossible value.
    """
    gathered = RowGatherer(path=path, read=space.from_text, columns=COLUMNS, bounds=BOUNDS)
    for number, cell in _cells(path):
        try:
            texts = {str(runs["arch_str"]) for runs in cell.values()}
            values = _values(cell)
        except (KeyError, TypeError, AttributeError, ZeroDivisionError, ValueError) as error:
            raise DataError(f"{path}, cell {number}: a run is missing or foreign ({error!r}); {REMEDY}") from error
        if len(texts) != 1:
            raise DataError(f"{path}, cell {number}: schedules of different cells, {sorted(texts)}; {REMEDY}")
        gathered.add(number, texts.pop(), values)
    return gathered.rows(n_cells)


def _cells(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Number and schedules of every cell."""
    if path.suffix == ".tar" or path.is_dir():
        yield from _from_folder(path) if path.is_dir() else _from_tar(path)
        return
    if path.suffix == ".pbz2":
        with bz2.open(path) as file:
            archive = load_plain(path, file)
    else:
        archive = load_torch(path)
    cells = archive.get("arch2infos") if isinstance(archive, dict) else None
    if not isinstance(cells, dict):
        raise DataError(f"{path}: there is no 'arch2infos', so it is no archive of the benchmark; {REMEDY}")
    yield from cells.items()


def _from_folder(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The same files, unpacked."""
    for one in sorted(path.iterdir()):
        number = one.name.partition(".")[0]
        if number.isdecimal():
            try:
                with bz2.open(one) as content:
                    yield int(number), load_plain(one, content)
            except (EOFError, OSError) as error:
                raise DataError(f"{one} is not a whole file ({error}); {REMEDY}") from error


def _from_tar(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The files ``000000.pickle.pbz2`` and so on, in the archive's order."""
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                stem = Path(member.name).name.partition(".")[0]
                file = archive.extractfile(member) if stem.isdecimal() and member.isfile() else None
                if file is not None:
                    with bz2.open(file) as content:
                        yield int(stem), load_plain(path, content)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"{path} is not a whole tar archive ({error}); {REMEDY}") from error


def _values(cell: Mapping[str, Any]) -> list[float]:
    """The columns of one cell, in order."""
    found: list[float] = []
    for valid, test in SOURCES.values():
        for epochs, names in SCHEDULES.items():
            runs = cell[names[0] if names[0] in cell else names[1]]["all_results"]
            found += [_mean(runs, source, part, epochs) for source, part in (valid, test)]
            trained = [run for (source, _), run in runs.items() if source == valid[0]]
            found.append(sum(sum(run["train_times"].values()) for run in trained) / len(trained))
    return found


def _mean(runs: Mapping[tuple[str, int], Any], source: str, part: str, epochs: int) -> float:
    """Mean accuracy over the seeds, after the last epoch."""
    values = [float(run["eval_acc1es"][f"{part}@{epochs - 1}"]) for (name, _), run in runs.items() if name == source]
    return sum(values) / len(values)


NASBENCH201_ARCHIVE = TableEntry(
    name="nasbench201_archive",
    space="nasbench201",
    n_rows=N_CELLS,
    file_name="NATS-tss-v1_0-3ffb9-simple.tar",
    sha256=None,
    addresses=(),
    provenance="official NAS-Bench-201 or NATS-Bench archive, linked from github.com/D-X-Y/NATS-Bench",
    licence="MIT",
    columns=COLUMNS,
    read=read_archive,
)
