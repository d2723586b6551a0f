"""Design principle transfer as a user runs it, on measured cells, and what its record says."""

import json

import pytest


@pytest.fixture
def lapt(nasray, mirror, tmp_path):
    """Runs ``experiment=lapt`` with changes; gives how it ended and its folder."""

    def call(*words):
        folder = tmp_path / "run"
        ended = nasray(
            "run", "experiment=lapt", f"paths.mirror={mirror}", "tracking=none", f"hydra.run.dir={folder}", *words
        )
        return ended, folder

    return call


def test_a_run_says_what_its_principles_did(nasray, lapt):
    """Counted in the table: of ImageNet16-120's best 50 cells 27 have a convolution 1x1 on edge 0 -> 2, 15 one 3x3."""
    ended, folder = lapt()
    assert ended.code == 0, ended
    facts = json.loads((folder / "result.json").read_text())["principles"]
    first = facts["stages"][0]
    assert "edge 0 -> 2: nor_conv_1x1 in 27, nor_conv_3x3 in 15" in first["principles"]["text"]
    assert (first["slot"], first["size"], facts["whole_size"]) == (0, 64, 15_625)
    assert (first["optimum_kept"], first["top_kept"], first["top"]) == (True, 10, 16)
    assert [(stage["slot"], stage["size"]) for stage in facts["stages"]] == [(0, 64), (10, 8), (13, 15_625)], (
        "the last adaptation comes early, when all of eight members were asked for"
    )
    page = (folder / "report.html").read_text()
    assert 'id="principles"' in page
    assert "10 of the 16 in the top 0.1 % were kept." in page
    assert nasray("replay", str(folder)).code == 0


def test_a_language_model_s_dialogue_is_in_the_report(lapt):
    ended, folder = lapt("refiner=language_model", "language_model=fake", "refiner.most_operators=2")
    assert ended.code == 0, ended
    page = (folder / "report.html").read_text()
    assert "Dialogue with the language model" in page
    assert "so nothing below was removed: principles leave 1 of the members of NasBench201" in page


def test_an_oracle_marks_the_run(lapt):
    ended, folder = lapt("refiner=oracle")
    assert ended.code == 0, ended
    (leak,) = json.loads((folder / "manifest.json").read_text())["leaks"]
    assert leak == "refiner Oracle reads nasbench201.cifar10_valid_200, by which the search is judged"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluator.dataset=imagenet16_120"], "the task that is searched for: source and target must differ"),
        (["strategy.sources.0.top=99999"], "is more than the 15625 architectures that column"),
        (["strategy.sources.0.column=cifar100_test_200"], "was measured on TEST"),
    ],
)
def test_what_cannot_be_transferred_is_refused(lapt, words, message):
    ended, folder = lapt(*words)
    assert message in ended.refused()
    assert not (folder / "journal.jsonl").exists()
