"""HAT: 30 Transformers trained from scratch for three translation tasks, and what four supernets say of them.

Jawahar et al. 2023, "LLM Performance Predictors are good initializers for Architecture Search",
https://arxiv.org/abs/2310.16712, section 4; the mixture-of-experts supernets are those of Jawahar et al. 2023,
"Mixture-of-Supernets", https://arxiv.org/abs/2306.04845. Both are judged by the BLEU on VALID.
"""

import csv
from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.row_gatherer import REMEDY, Bounds, RowGatherer
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

N_ARCHITECTURES, UPDATES = 30, 40_000
TASKS = {"wmt14ende": "wmt14_en_de", "wmt14enfr": "wmt14_en_fr", "wmt19ende": "wmt19_en_de"}
"""Name in the file -> name of the data set."""

SUPERNETS = {
    "HAT": "hat",
    "Supernet (Sandwich)": "sandwich",
    "Layer-wise MoS": "layer_mos",
    "Neuron-wise MoS": "neuron_mos",
}
"""Name in the file -> how the supernet's columns begin."""

SPLIT_SEEDS = (123, 456, 789)
ENCODER = ("encoder_ffn_embed_dim_all", "encoder_self_attention_heads_all")
DECODER = (
    *("decoder_ffn_embed_dim_all", "decoder_self_attention_heads_all"),
    *("decoder_ende_attention_heads_all", "decoder_arbitrary_ende_attn_all"),
)

Lower = Literal["higher", "lower"]
Source = tuple[str, Column, Bounds]
"""Header in the file, meaning, what can be measured."""


def _column(
    task: str, key: str, quantity: str, unit: str, direction: Lower, note: str = "", split: Split | None = None
) -> Column:
    return Column(
        dataset=task,
        split=split,
        epochs=None,
        quantity=quantity,
        unit=unit,
        direction=direction,
        seeds="none" if split is None else "1",
        note=note,
        key=key,
    )


def _scores(task: str) -> list[Source]:
    """What was trained from scratch, and what supernets say of it."""
    found: list[Source] = []
    for split in Split:
        scratch = Column(
            dataset=task,
            split=split,
            epochs=UPDATES,
            quantity="BLEU",
            unit="points",
            direction="higher",
            seeds="1",
            note="trained from scratch",
            steps="updates",
        )
        found.append((f"scratch_{split}_bleu", scratch, (0.0, 100.0)))
    for source, supernet in SUPERNETS.items():
        for split in Split:
            key, note = f"{task}_{supernet}_{split}_bleu", "with the weights of a supernet, not trained further"
            column = _column(task, key, f"BLEU under the supernet {source}", "points", "higher", note, split)
            found.append((f"{source} {split}", column, (0.0, 100.0)))
    return found


def _costs(task: str) -> list[Source]:
    """What it costs, and which of the three published divisions show it to a predictor."""
    device = "the source does not name the device"
    last = "of 30 words on both sides, with the last layer; an operation is a multiplication or an addition"
    parameters = _column(task, f"{task}_embedding_parameters", "parameters of the embeddings", "1", "lower")
    found: list[Source] = [
        ("params_emb", parameters, (1e6, 1e8)),
        ("latency_ms", _column(task, f"{task}_latency_ms", "latency", "ms", "lower", device), (1.0, 1e4)),
        ("total_flops", _column(task, f"{task}_flops", "floating-point operations", "1", "lower", last), (1e8, 1e11)),
    ]
    shown = "1: one of the 10 demonstrations of this division; 0: one of the 20 that are judged"
    for seed in SPLIT_SEEDS:
        key = f"{task}_demonstration_{seed}"
        found.append((f"split_{seed}", _column(task, key, "is a demonstration", "1", "higher", shown), (0.0, 1.0)))
    return found


COMMON: Source = (
    "params_noemb",
    _column("wmt", "parameters", "parameters", "1", "lower", "embeddings left out; the same for all tasks"),
    (1e6, 1e9),
)
SOURCES: Mapping[str, Sequence[Source]] = {name: (*_scores(task), *_costs(task)) for name, task in TASKS.items()}
COLUMNS = (COMMON[1], *(column for sources in SOURCES.values() for _, column, _ in sources))
BOUNDS = {COMMON[1].name: COMMON[2]} | {
    column.name: bounds for sources in SOURCES.values() for _, column, bounds in sources
}
_DIVISION = {"train": "1", "test": "0"}


def read_hat_mt(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``hat_mt_30_architectures_x_3_tasks.csv``, one for all tasks of an architecture.

    Raises:
        DataError: The file is damaged, holds an unknown architecture or an impossible value, or is another export.
    """
    gathered = RowGatherer(path=path, read=space.from_text, columns=COLUMNS, bounds=BOUNDS)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for line, row in _lines(path):
        try:
            tasks = found.setdefault(_text(row), {})
            repeated = tasks.setdefault(row["task"], row) is not row
        except (KeyError, ValueError, SyntaxError, TypeError, AttributeError) as error:
            raise DataError(f"{path}, row {line}: no architecture and task ({error!r}); {REMEDY}") from error
        if repeated or row["task"] not in TASKS:
            raise DataError(
                f"{path}, row {line}: task {row['task']!r} must be one of {', '.join(TASKS)}, each once for an "
                f"architecture; {REMEDY}"
            )
    for text, tasks in found.items():
        if set(tasks) != set(TASKS) or len({row.get(COMMON[0]) for row in tasks.values()}) != 1:
            raise DataError(
                f"{path}: {text!r} must have {', '.join(TASKS)} with equal {COMMON[0]}, but has {', '.join(tasks)}; "
                f"{REMEDY}"
            )
        common = tasks[next(iter(TASKS))][COMMON[0]]
        values = [_value(tasks[name], header) for name, sources in SOURCES.items() for header, _, _ in sources]
        gathered.add(text, text, [common, *values])
    return gathered.rows(N_ARCHITECTURES)


def _value(row: Mapping[str, str], header: str) -> str | None:
    """One field; a division as 1 or 0."""
    value = row.get(header)
    return _DIVISION.get(value, value) if value is not None and header.startswith("split_") else value


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Every row with its number in the file, header = 1."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from enumerate(csv.DictReader(file), 2)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a whole CSV file ({error}); {REMEDY}") from error


def _text(row: Mapping[str, str]) -> str:
    """The architecture as the space writes it."""
    stacks: list[str] = []
    for stack, headers in (("encoder", ENCODER), ("decoder", DECODER)):
        lists = [literal_eval(row[header]) for header in headers]
        layers = ["/".join(map(str, layer)) for layer in zip(*lists, strict=True)]
        if len(layers) != int(row[f"{stack}_layer_num"]):
            raise ValueError(f"{len(layers)} {stack} layers, {stack}_layer_num {row[f'{stack}_layer_num']}")
        stacks.append(f"{stack} {row[f'{stack}_embed_dim']}: {' '.join(layers)}")
    return "; ".join(stacks)


HAT_MT = TableEntry(
    name="hat_mt",
    space="hat",
    n_rows=N_ARCHITECTURES,
    file_name="hat_mt_30_architectures_x_3_tasks.csv",
    sha256="ecff9087e5a8932fcfbd4eba1c40d4a0ae2a27e71e9db6270d05d3f8265c0479",
    addresses=(),
    provenance=(
        "github.com/UBC-NLP/llmas @35980b8f: 30 architectures with 1 to 3 decoder layers, three tasks; a part of the "
        "space, to be ranked among themselves"
    ),
    licence="MIT",
    columns=COLUMNS,
    read=read_hat_mt,
    canonical=True,
    complete=False,
)
