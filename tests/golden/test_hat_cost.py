"""Size, operations and latency of HAT's Transformers against every published number."""

import csv
import math
from ast import literal_eval

import numpy as np
import pytest

from nasray.app.catalogs import space_named
from nasray.core.architecture import Architecture
from nasray.data.catalog import Catalog
from nasray.data.importers.hat_latency_samples import SHA256, HatLatencySamples
from nasray.models.assets import read_asset
from nasray.predictors.hat_latency import ASSET, HatLatency, fitted_weights, milliseconds
from nasray.spaces.hat_cost import VOCABULARIES

pytestmark = pytest.mark.golden
SPACE = space_named("hat")

# README of github.com/mit-han-lab/hardware-aware-transformers @70e5a279, models searched for TITAN Xp:
# latency in ms -> parameters in millions, GFLOPs without the last layer.
PUBLISHED = {
    "wmt14.en-de": {
        57.1: (30.47, 1.87),
        91.2: (35.72, 2.19),
        126.0: (40.97, 2.54),
        146.7: (51.20, 3.17),
        208.1: (49.38, 3.09),
    },
    "wmt14.en-fr": {
        69.3: (30.47, 1.84),
        94.9: (35.72, 2.23),
        132.9: (40.97, 2.51),
        168.3: (46.23, 2.90),
        208.3: (51.48, 3.25),
    },
    "wmt19.en-de": {
        55.7: (36.89, 2.27),
        93.2: (42.28, 2.63),
        134.5: (40.97, 2.54),
        176.1: (46.23, 2.86),
        204.5: (51.48, 3.18),
        237.8: (56.73, 3.53),
    },
}


def text(row):
    stacks = {
        "encoder": ("encoder_ffn_embed_dim_all", "encoder_self_attention_heads_all"),
        "decoder": (
            *("decoder_ffn_embed_dim_all", "decoder_self_attention_heads_all"),
            *("decoder_ende_attention_heads_all", "decoder_arbitrary_ende_attn_all"),
        ),
    }
    layers = {}
    for stack, names in stacks.items():
        lists = [literal_eval(row[name]) for name in names]
        layers[stack] = " ".join("/".join(map(str, one)) for one in zip(*lists, strict=True))
    return "; ".join(f"{stack} {row[f'{stack}_embed_dim']}: {layers[stack]}" for stack in stacks)


@pytest.fixture(scope="module")
def searched(mirror):
    with (mirror / "hat_searched_architectures.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_all_90_rows_without_error(mirror, tmp_path):
    table = Catalog(folder=tmp_path, mirror=mirror).open("hat_mt", SPACE)
    checked = 0
    for row, genes in enumerate(table.genes.tolist()):
        for task, vocabulary in VOCABULARIES.items():
            cost = SPACE.cost(Architecture(tuple(genes)), vocabulary)
            assert cost.flops == table.column(f"{task}_flops")[row]
            assert cost.parameters == table.column("parameters")[row]
            assert cost.embedding_parameters == table.column(f"{task}_embedding_parameters")[row]
            checked += 1
    assert checked == 90


def test_the_searched_architectures_as_published(searched):
    found = {task: {} for task in PUBLISHED}
    for row in searched:
        if row["device"] == "titanxp" and row["task"] in PUBLISHED:
            task = row["task"].replace(".", "_").replace("-", "_")
            cost = SPACE.cost(SPACE.from_text(text(row)), VOCABULARIES[task])
            sizes = round(cost.parameters / 1e6, 2), round(cost.flops_without_last_layer / 1e9, 2)
            found[row["task"]][float(row["latency_ms"])] = sizes
    assert found == PUBLISHED


def test_every_searched_architecture_is_a_member(searched):
    spaces = {"iwslt14.de-en": space_named("hat_iwslt")}
    assert len(searched) == 44
    for row in searched:
        space, written = spaces.get(row["task"], SPACE), text(row)
        assert space.to_text(space.from_text(written)) == written


def test_latencies_are_the_published_ones(mirror):
    tables = {name: HatLatencySamples.read(mirror, name) for name in SHA256}
    assert {table.features.shape for table in tables.values()} == {(2_000, 10)}
    # Row 1 of each file, read by eye.
    assert tables["wmt14ende_gpu_titanxp"].total_ms[0] == pytest.approx(5.8006539940834045 + 246.40701866149902)
    assert tables["wmt14ende_cpu_raspberrypi"].features[0].tolist() == pytest.approx(
        [512, 6, 1877.3333, 6, 640, 3, 1706.6667, 6, 2.6667, 1.3333], rel=1e-4
    )


def test_the_shipped_weights_are_those_of_the_published_latencies(mirror):
    shipped, _ = read_asset(ASSET)
    tables = [HatLatencySamples.read(mirror, name) for name in SHA256]
    assert set(shipped) == set(SHA256)
    for one in tables:
        taught = milliseconds(fitted_weights(one.features, one.total_ms), one.features)
        np.testing.assert_allclose(milliseconds(shipped[one.name].numpy(), one.features), taught, rtol=1e-9)


def test_the_searched_architectures_take_as_long_as_published(searched):
    """Latency in the authors' file names, measured apart from the tables that teach: mean error in %, rounded up."""
    devices = {"titanxp": "gpu_titanxp", "xeon": "cpu_xeon", "raspberrypi": "cpu_raspberrypi"}
    iwslt, predictors, errors = space_named("hat_iwslt"), {}, {}
    for name in SHA256:
        predictors[name] = HatLatency(space=iwslt if "iwslt" in name else SPACE, device=name)
    for row in searched:
        name = f"{row['task'].replace('.', '').replace('-', '')}_{devices[row['device']]}"
        measured, predictor = float(row["latency_ms"]), predictors[name]
        predicted = predictor.predict([predictor.space.from_text(text(row))])[0]
        errors.setdefault(name, []).append(100 * abs(predicted - measured) / measured)
    assert {name: math.ceil(sum(found) / len(found)) for name, found in errors.items()} == {
        "iwslt14deen_gpu_titanxp": 4,
        "wmt14ende_cpu_raspberrypi": 5,
        "wmt14ende_gpu_titanxp": 10,
        "wmt14ende_cpu_xeon": 10,
        "wmt14enfr_cpu_raspberrypi": 1,
        "wmt14enfr_gpu_titanxp": 6,
        "wmt14enfr_cpu_xeon": 8,
        "wmt19ende_gpu_titanxp": 7,
    }
