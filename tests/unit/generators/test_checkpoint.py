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
    there = Checkpoint.read(Path(chain_folder))
    assert (there.kind, there.words, there.blocks) == (of_chains.kind, of_chains.words, of_chains.blocks)
    assert (there.shape, there.longest, there.pedigree) == (of_chains.shape, 60, {"corpus": "none"})
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
    with pytest.raises(DataError, match=r"checkpoint .*nowhere cannot be read \(FileNotFoundError"):
        Checkpoint.read(tmp_path / "nowhere")


@pytest.mark.parametrize("card", ["no JSON", "{}"])
def test_a_card_that_is_none(cell_folder, card):
    (Path(cell_folder) / "card.json").write_text(card)
    with pytest.raises(DataError, match="as the pre-training wrote them"):
        Checkpoint.read(Path(cell_folder))


def test_other_weights_than_the_card_tells_of(cell_folder):
    weights = Path(cell_folder) / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match=r"weights.safetensors is not the file that card.json tells of"):
        Checkpoint.read(Path(cell_folder))


def test_weights_that_are_none(cell_folder):
    (Path(cell_folder) / "weights.safetensors").write_bytes(b"")
    card = Path(cell_folder) / "card.json"
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing
    card.write_text(json.dumps(json.loads(card.read_text()) | {"weights_sha256": empty}))
    with pytest.raises(DataError, match=r"weights.safetensors cannot be read: .*; make it again"):
        Checkpoint.read(Path(cell_folder))


@pytest.mark.parametrize(
    ("space", "fault"),
    [
        (DARTS, r"it lacks \d+ words of the space, e.g. \["),
        (NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=4), "it lacks 24 words of the space"),
    ],
)
def test_another_vocabulary_is_refused(cell_folder, space, fault):
    with pytest.raises(DataError, match=f"checkpoint .*cells does not serve {type(space).__name__}: {fault}"):
        Checkpoint.of(cell_folder, space, "generator gpt")


def test_words_of_another_kind_are_refused(cell_folder, chain_folder, cells, chains):
    with pytest.raises(DataError, match="its words are tokens, those of the space are layers"):
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
    assert Checkpoint.of(None, NasBench201(channels=8, cells_per_stage=1), "generator gpt").name == "gpt_nasbench201"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_card_tells_where_it_comes_from(folder):
    checkpoint = Checkpoint.read(folder)
    told = checkpoint.pedigree
    assert {"corpus", "sequences", "seed", "command", "commit", "loss_nats_a_token", "paper_structures"} <= told.keys()
    assert told["tables_seen"] == told["labels_seen"] == []
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5e6
