"""Design principle transfer as a user runs it, on measured cells, and what its record says."""

import json
from pathlib import Path

import pytest

RECORDED = (
    Path(__file__).parents[3] / "experiments/e23_lapt_language_model/results/qwen2.5-coder-0.5b-instruct-q4_k_m.jsonl"
)
"""What a small model on loopback said."""


@pytest.fixture
def lapt(nasray, mirror, tmp_path):
    """Runs ``experiment=lapt`` with changes; gives how it ended and its folder."""

    def call(*words, experiment="lapt"):
        folder = tmp_path / "run"
        ended = nasray(
            "run",
            f"experiment={experiment}",
            f"paths.mirror={mirror}",
            "tracking=none",
            f"hydra.run.dir={folder}",
            *words,
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


def test_darts_is_narrowed_in_operators_and_sources(lapt):
    ended, folder = lapt(experiment="lapt_darts")
    assert ended.code == 0, ended
    facts = json.loads((folder / "result.json").read_text())["principles"]
    kept = facts["stages"][0]["principles"]
    assert [len(kept[kind]) for kind in ("operators", "sources")] == [16, 16]
    assert all(len(ids) <= 3 for kind in ("operators", "sources") for ids in kept[kind])
    assert "optimum_kept" not in facts["stages"][0], "10^18 cells cannot be looked through"
    assert "normal cell, node 5, second input reads" in (folder / "report.html").read_text()
    (leak,) = json.loads((folder / "manifest.json").read_text())["leaks"]
    assert leak == "evaluator DartsFitted was fitted on darts_pool, of which the run reads cifar10_valid_100"


def test_copying_evaluates_the_best_of_the_source_in_their_order(lapt):
    ended, folder = lapt("refiner=copy", "~refiner.most_operators")
    assert ended.code == 0, ended
    n = json.loads((folder / "result.json").read_text())["evaluations"]
    assert (folder / "journal.jsonl").read_text().count('"op":"source"') == n


def test_a_warm_start_is_a_transfer_that_removes_nothing(lapt):
    ended, folder = lapt("refiner=everything", "~refiner.most_operators", "strategy.copied=5")
    assert ended.code == 0, ended
    facts = json.loads((folder / "result.json").read_text())["principles"]
    assert [stage["size"] for stage in facts["stages"]] == [15_625] * 3
    assert (folder / "journal.jsonl").read_text().count('"op":"source"') == 5


def test_a_recorded_dialogue_is_led_again_without_a_server(lapt, tmp_path):
    """The first of e23: it repeats networks that it was shown, and one of its replies has no layer5."""
    ended, folder = lapt(
        "refiner=language_model",
        "refiner.most_operators=2",
        "refiner.reasks=1",
        "refiner.max_tokens=400",
        "language_model=replay",
        f"language_model.client.model={RECORDED.stem}",
        f"language_model.client.recording={RECORDED}",
        f"language_model.path={tmp_path / 'replay.sqlite'}",
    )
    assert ended.code == 0, ended
    first, second, _ = json.loads((folder / "result.json").read_text())["principles"]["stages"]
    assert first["principles"]["operators"] == [[3, 2], [3, 2], [3, 2], [2, 3], [3, 0], [3, 2]]
    assert "lists of networks that were shown" in first["principles"]["repairs"][0]
    assert "gave no usable reply in 2 tries" in second["principles"]["repairs"][0]


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
