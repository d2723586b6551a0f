"""What the importers of HAT's files refuse."""

import csv

import pytest

from nasray.app.catalogs import space_named
from nasray.core.errors import DataError
from nasray.data.importers.hat_latency_samples import HatLatencySamples
from nasray.data.importers.hat_mt import COLUMNS, COMMON, SOURCES, read_hat_mt

SPACE = space_named("hat")
ARCHITECTURE = {
    "encoder_embed_dim": 512,
    "encoder_layer_num": 6,
    "encoder_ffn_embed_dim_all": [1024] * 6,
    "encoder_self_attention_heads_all": [4] * 6,
    "decoder_embed_dim": 640,
    "decoder_layer_num": 1,
    "decoder_ffn_embed_dim_all": [3072],
    "decoder_self_attention_heads_all": [8],
    "decoder_ende_attention_heads_all": [4],
    "decoder_arbitrary_ende_attn_all": [2],
}
MEASURED = {
    **{header: 25.0 for header, column, _ in SOURCES["wmt14ende"] if column.split is not None},
    "params_noemb": 22e6,
    "params_emb": 21e6,
    "latency_ms": 41.8,
    "total_flops": 2.7e9,
    **{f"split_{seed}": "test" for seed in (123, 456, 789)},
}
ROWS = [{"task": task, **ARCHITECTURE, **MEASURED} for task in SOURCES]


@pytest.fixture
def write(tmp_path):
    def make(rows):
        path = tmp_path / "hat.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(ROWS[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


def test_a_column_for_every_task_and_one_for_all():
    assert len(COLUMNS) == 1 + 3 * (2 + 4 * 2 + 3 + 3) == len({column.name for column in COLUMNS})
    assert COMMON[1].name == "parameters"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS, "1 rows, but the benchmark has 30"),
        (ROWS[:2], "must have wmt14ende, wmt14enfr, wmt19ende with equal params_noemb, but has wmt14ende, wmt14enfr;"),
        ([*ROWS[:2], {**ROWS[2], "params_noemb": 23e6}], "with equal params_noemb"),
        ([ROWS[0], ROWS[0]], "row 3: task 'wmt14ende' must be one of"),
        ([{**ROWS[0], "task": "iwslt"}], "row 2: task 'iwslt' must be one of wmt14ende, wmt14enfr, wmt19ende"),
        (
            [{**ROWS[0], "decoder_layer_num": 2}],
            "row 2: no architecture and task .*1 decoder layers",
        ),
        ([{**ROWS[0], "decoder_ffn_embed_dim_all": "[30"}], "row 2: no architecture and task"),
        ([{**row, "decoder_embed_dim": 100} for row in ROWS], "unknown architecture"),
        ([*ROWS[:2], {**ROWS[2], "HAT valid": "n/a"}], "wmt19_en_de_hat_valid_bleu is 'n/a', but it must be a number"),
        ([*ROWS[:2], {**ROWS[2], "split_456": "both"}], "wmt19_en_de_demonstration_456 is 'both'"),
    ],
)
def test_files_that_are_not_the_published_one(write, rows, message):
    with pytest.raises(DataError, match=message):
        read_hat_mt(write(rows), SPACE)


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "hat.csv"
    with pytest.raises(DataError, match=r"hat.csv is not a whole CSV file"):
        read_hat_mt(path, SPACE)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"hat.csv is not a whole CSV file"):
        read_hat_mt(path, SPACE)


def test_latencies_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match=r"no HAT latencies are called 'gpu'; known: iwslt14deen_gpu_titanxp, "):
        HatLatencySamples.read(tmp_path, "gpu")
    with pytest.raises(DataError, match=r"no file at .*wmt14ende_cpu_xeon_all.csv; set NASRAY_DATA_MIRROR"):
        HatLatencySamples.read(tmp_path, "wmt14ende_cpu_xeon")
    (tmp_path / "hat_latency").mkdir()
    (tmp_path / "hat_latency" / "wmt14ende_cpu_xeon_all.csv").write_text("another")
    with pytest.raises(DataError, match=r"has SHA-256 [0-9a-f]{64}, but 78c0cef3.* is wanted"):
        HatLatencySamples.read(tmp_path, "wmt14ende_cpu_xeon")
