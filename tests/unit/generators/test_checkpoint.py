import json
from pathlib import Path

import pytest
import torch

from nasray.core.errors import DataError
from nasray.generators.checkpoint import SHIPPED, Checkpoint
from nasray.models.assets import ASSETS
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench201 import NasBench201

DARTS = Darts(channels=4, cells=3, allow_none=False)
FOLDERS = sorted(card.parent for card in ASSETS.glob(SHIPPED))


def test_it_comes_back_as_it_was_written(of_chains, chain_folder):
    there = Checkpoint.read(chain_folder)
    assert (there.kind, there.words, there.blocks) == (of_chains.kind, of_chains.words, of_chains.blocks)
    assert (there.shape, there.longest, there.card) == (of_chains.shape, 60, of_chains.card)
    assert there.tensors.keys() == of_chains.tensors.keys()
    assert all(torch.equal(value, there.tensors[name]) for name, value in of_chains.tensors.items())


def test_a_part_has_its_own_names(of_chains):
    assert sorted(of_chains.part("selector")) == [
        "embedding.weight",
        "hidden.bias",
        "hidden.weight",
        "output.bias",
        "output.weight",
    ]


def test_what_is_not_there_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"there is no asset '.*nowhere': name one of .*gpt_layers"):
        Checkpoint.read(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "owner"), [("gcn_nasbench101", "that of a predictor"), ("hat_latency", "no checkpoint")]
)
def test_the_weights_of_another_part_are_refused(name, owner):
    fitting = "gpt_layers, gpt_nasbench101, gpt_nasbench101_small, gpt_nasbench201"
    with pytest.raises(
        DataError, match=f"checkpoint {name} is {owner}, and a generator asks for one; name one of {fitting},"
    ):
        Checkpoint.read(name)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({}, r"a card got .*must have name, command and seen"),
        ({"name": "a", "command": "b", "seen": [], "facts": {}}, "lacks 'kind'; it must say kind, shape, longest"),
    ],
)
def test_a_card_that_is_none(cell_folder, told, fault):
    card = Path(cell_folder) / "card.json"
    card.write_text(json.dumps(told | {"weights_sha256": json.loads(card.read_text())["weights_sha256"]}))
    with pytest.raises(DataError, match=fault):
        Checkpoint.read(cell_folder)


def test_other_weights_than_the_card_tells_of(cell_folder):
    weights = Path(cell_folder) / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match=r"weights.safetensors is not the file that card.json tells of"):
        Checkpoint.read(cell_folder)


@pytest.mark.parametrize(("file", "content"), [("weights.safetensors", b""), ("card.json", b"no JSON")])
def test_a_file_that_is_torn(cell_folder, file, content):
    (Path(cell_folder) / file).write_bytes(content)
    with pytest.raises(DataError, match=r"is damaged \(.*\); make or install it again"):
        Checkpoint.read(cell_folder)


@pytest.mark.parametrize(
    ("space", "fault", "remedy"),
    [
        (DARTS, r"it lacks \d+ words of the space, e.g. \[", "no shipped one does: name one that was trained"),
        (
            NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=4),
            "it lacks 24 words of the space",
            "name gpt_nasbench101",
        ),
    ],
)
def test_another_vocabulary_is_refused(cell_folder, space, fault, remedy):
    with pytest.raises(
        DataError, match=f"checkpoint .*cells does not serve {type(space).__name__}: {fault}.*; {remedy}"
    ):
        Checkpoint.of(cell_folder, space, "generator gpt")


def test_words_of_another_kind_are_refused(cell_folder, chain_folder, cells, chains):
    with pytest.raises(
        DataError, match=r"those of the space are layers; name gpt_layers, or set generator\.checkpoint=null"
    ):
        Checkpoint.of(cell_folder, chains, "generator gpt")
    with pytest.raises(DataError, match="its words are layers, those of the space are tokens"):
        Checkpoint.of(chain_folder, cells, "generator gpt")


def test_a_space_without_words_is_refused(cell_folder):
    with pytest.raises(DataError, match="the space offers neither LayerView nor TokenView"):
        Checkpoint.of(cell_folder, object(), "generator gpt")


def test_no_shipped_one_fits():
    with pytest.raises(DataError, match=r"finds no shipped checkpoint for Darts \(.*\); name one that was trained"):
        Checkpoint.of(None, DARTS, "generator gpt")


def test_the_smallest_shipped_vocabulary_that_fits_is_taken():
    assert (
        Checkpoint.of(None, NasBench201(channels=8, cells_per_stage=1), "generator gpt").card.name == "gpt_nasbench201"
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_card_tells_where_it_comes_from(folder):
    card = Checkpoint.read(folder.name).card
    assert card.name == folder.name
    assert card.command.startswith("python experiments/e05_next_layer/pretrain.py ")
    assert {"corpus", "sequences", "seed", "commit", "loss_nats_a_token", "paper_structures"} <= card.facts.keys()
    assert card.seen == ()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5e6
