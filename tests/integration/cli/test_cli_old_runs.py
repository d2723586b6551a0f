"""Run folders that exist: gone on with, replayed, moved, torn, edited, compared."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from nasray.records.schema import SCHEMA
from nasray.records.signature import signed


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_torn_journal_is_resumed_to_the_same_archive(nasray, finished: Path, share: float, archive, cut) -> None:
    whole = archive(finished)
    cut(finished, int(share * (finished / "journal.jsonl").stat().st_size))
    ended = nasray("resume", "one")
    assert ended.code == 0, ended
    assert archive(finished) == whole
    assert (finished / "report.html").exists()
    assert "best cell" in ended.out


def test_a_finished_run_says_so_when_it_is_resumed(nasray, finished: Path) -> None:
    before = (finished / "journal.jsonl").read_bytes()
    (finished / "report.html").unlink()  # as if killed between the result and the report
    ended = nasray("resume", "one")
    assert ended.code == 0, ended
    assert "one is finished already; nothing was left to do" in ended.out
    assert "best cell" in ended.out
    assert (finished / "report.html").exists()
    assert (finished / "journal.jsonl").read_bytes() == before


def test_replay_uses_the_manifest_alone_and_finds_the_same_archive(nasray, finished: Path, archive) -> None:
    (finished / "journal.jsonl").unlink()
    ended = nasray("replay", "one")
    assert ended.code == 0, ended
    assert f"replayed: archive {archive(finished)[:12]} is the recorded one" in ended.out


def test_a_replay_that_differs_is_an_error(nasray, finished: Path) -> None:
    (finished / "journal.jsonl").unlink()
    result = json.loads((finished / "result.json").read_bytes())
    del result["sha256"]
    (finished / "result.json").write_text(json.dumps(signed({**result, "archive": "0" * 64})))
    message = nasray("replay", "one").refused()
    assert "is not the recorded 000000000000: the run does not replay here" in message


def test_replay_of_an_unfinished_run_is_refused(nasray, finished: Path, cut) -> None:
    cut(finished, 2_000)
    assert nasray("replay", "one").refused() == (
        f"{finished} is unfinished: go on with it by `nasray resume {finished}`, then replay it"
    )


@pytest.mark.parametrize("verb", ["resume", "replay"])
@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_what_is_no_run_folder_is_refused(nasray, tmp_path: Path, verb: str, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    message = nasray(verb, folder).refused()
    assert (
        message
        == f"{tmp_path / folder / 'manifest.json'} is missing: {tmp_path / folder} is not a run folder; name one"
    )
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_report_on_nothing_is_refused(nasray, tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    assert f"{folder} holds no run: no manifest.json in it or below it" in nasray("report", folder).refused()
    assert not (tmp_path / "report.html").exists()


def test_a_run_that_another_process_works_on_is_left_alone(nasray, finished: Path, cut) -> None:
    cut(finished, 2_000)
    before = (finished / "journal.jsonl").read_bytes()
    with FileLock(finished / "run.lock"):
        assert "one is in use by another process; wait for it, or stop it first" in nasray("resume", "one").refused()
    assert (finished / "journal.jsonl").read_bytes() == before
    assert nasray("resume", "one").code == 0


EDITS = [
    (
        "journal.jsonl",
        b'"ask":[{"slot":0',
        b'"ask":[{"slot":9',
        "journal.jsonl, line 2: the checksum does not match",
    ),
    ("journal.jsonl", b"\n", b"\n\n", "journal.jsonl, line 2: the checksum does not match"),
    (
        "manifest.json",
        f'"schema": {SCHEMA}'.encode(),
        b'"schema": 99',
        f"has schema 99, this nasray reads up to {SCHEMA}: a newer nasray",
    ),
    ("manifest.json", b'"schema"', b'"shema"', "manifest.json has no schema number"),
    ("manifest.json", b"{", b"", "manifest.json is not valid JSON"),
    ("manifest.json", b'"config"', b'"konfig"', "manifest.json lacks config: it was edited"),
]
IMPOSSIBLE = (
    "manifest.json",
    b'"population_size": 20',
    b'"population_size": 1',
    "population_size (1) must be at least",
)


@pytest.mark.parametrize(
    ("verb", "name", "old", "new", "message"),
    [*((verb, *each) for verb in ("resume", "report") for each in EDITS), ("resume", *IMPOSSIBLE)],
)
def test_an_edited_or_newer_run_is_refused(
    nasray, finished: Path, verb: str, name: str, old: bytes, new: bytes, message: str, cut, edit
) -> None:
    cut(finished, 4_000)
    edit(finished / name, old, new)
    before = (finished / "journal.jsonl").read_bytes()
    assert message in nasray(verb, "one").refused()
    assert (finished / "journal.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"evaluations"', b'"evaluation"'), (b'"failures": 0', b'"failures": 1'), (b'"sha256"', b'"sha255"')],
)
@pytest.mark.parametrize("verb", ["resume", "replay", "report"])
def test_a_result_that_was_edited_is_refused(nasray, finished: Path, verb: str, old: bytes, new: bytes, edit) -> None:
    edit(finished / "result.json", old, new)
    message = nasray(verb, "one").refused()
    assert "one/result.json was edited after it was written: its content has SHA-256 " in message
    assert "; restore it from a copy" in message


@pytest.mark.parametrize("verb", ["resume", "replay", "report"])
def test_an_old_result_without_a_signature_must_have_all_its_parts(nasray, finished: Path, verb: str) -> None:
    result = json.loads((finished / "result.json").read_bytes())
    kept = {key: value for key, value in result.items() if key not in ("sha256", "evaluations")}
    (finished / "result.json").write_text(json.dumps({**kept, "schema": 1}))
    assert "one/result.json lacks evaluations: it was edited" in nasray(verb, "one").refused()


@pytest.mark.parametrize("verb", ["resume", "replay", "report"])
def test_a_result_of_another_journal_is_refused(
    nasray, quick, finished: Path, verb: str, tmp_path: Path, archive
) -> None:
    assert nasray("run", *quick, "seed=1", "hydra.run.dir=two").code == 0
    shutil.copy(tmp_path / "two" / "result.json", finished)
    message = nasray(verb, "one").refused()
    assert f"result.json has archive {archive(tmp_path / 'two')}, but the outcomes in journal.jsonl have" in message


@pytest.mark.parametrize("verb", ["resume", "replay"])
def test_a_file_is_no_run_folder(nasray, finished: Path, verb: str) -> None:
    name = "one/result.json"
    assert (
        f"{name}/manifest.json is missing: {finished}/result.json is not a run folder" in nasray(verb, name).refused()
    )


@pytest.mark.parametrize("verb", ["resume", "replay"])
def test_a_manifest_that_is_a_folder_is_refused(nasray, tmp_path: Path, verb: str) -> None:
    (tmp_path / "odd" / "manifest.json").mkdir(parents=True)
    assert "odd/manifest.json cannot be read (Is a directory)" in nasray(verb, "odd").refused()


@pytest.mark.parametrize("left", ["nothing", "an empty file", "half a line"])
def test_a_run_killed_before_its_journal_began_begins(nasray, finished: Path, left: str, cut) -> None:
    recorded = json.loads((finished / "result.json").read_text())["archive"]
    cut(finished, {"nothing": 0, "an empty file": 0, "half a line": 9}[left])
    if left == "nothing":
        (finished / "journal.jsonl").unlink()
    nasray("resume", "one")
    assert json.loads((finished / "result.json").read_text())["archive"] == recorded


def test_a_run_resumes_from_another_folder_after_it_was_moved(
    nasray, finished: Path, tmp_path: Path, archive, cut
) -> None:
    whole = archive(finished)
    cut(finished, 3_000)
    shutil.move(finished, tmp_path / "elsewhere" / "moved")
    assert nasray("resume", "elsewhere/moved").code == 0
    assert archive(tmp_path / "elsewhere" / "moved") == whole


def test_relative_paths_of_a_run_are_kept_as_absolute_ones(nasray, quick, tmp_path: Path, monkeypatch, cut) -> None:
    images = {"x": np.zeros((20, 4, 4, 1), np.uint8), "y": np.arange(20) % 2}
    for name in ("train", "test"):
        np.savez(tmp_path / name, **images)
    words = (
        "dataset=npz",
        "dataset.train=train.npz",
        "dataset.test=test.npz",
        "dataset.n_valid=5",
        "paths.data=tables",
    )
    ended = nasray("run", *quick[1:], *words, "evaluator.recipe.epochs=1", "budget.evaluations=1", "hydra.run.dir=one")
    assert ended.code == 0, ended
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_bytes())
    config = manifest["config"]
    kept = {"runs": str(tmp_path / "runs"), "data": str(tmp_path / "tables"), "mirror": None, "store": None}
    assert config["paths"] == kept
    for section in (config["dataset"], config["evaluator"]["images"]):
        assert section["train"] == str(tmp_path / "train.npz")
    assert [entry["name"] for entry in manifest["data"]] == ["npz"]
    cut(tmp_path / "one", 900)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert nasray("resume", "../one").code == 0
    assert nasray("report", "../one").code == 0
    np.savez(tmp_path / "test", x=images["x"] + np.uint8(1), y=images["y"])
    message = nasray("replay", "../one").refused()
    assert f"{tmp_path / 'one'} was made with other data: npz was {manifest['data'][0]['sha256']}, now " in message
    assert "put the recorded images back" in message
    cut(tmp_path / "one", 900)
    assert "was made with other data" in nasray("resume", "../one").refused()


def test_runs_of_two_metrics_are_not_compared(nasray, quick, finished: Path, tmp_path: Path) -> None:
    assert nasray("run", *quick, "space=darts", "hydra.run.dir=two").code == 0
    message = nasray("report", "one", "two").refused()
    assert "they cannot be compared: space._target_ is NasBench201 in one, but Darts in two" in message


def test_two_runs_named_by_two_paths_are_one(nasray, finished: Path) -> None:
    assert "one was given twice" in nasray("report", "one", str(finished)).refused()
