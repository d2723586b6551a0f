"""Weights on another filesystem than the run folder's: kept there, found by a resumed run, cleaned up there."""

from pathlib import Path

SEARCH = (
    *("run", "scheduler=successive_halving", "evaluator.keep_weights=true", "executor=simulator", "tracking=none"),
    *("dataset.n_train=20", "dataset.n_valid=40", "space.channels=1", "controls=1", "width=2"),
    *("scheduler.bracket_size=4", "scheduler.rungs=[1,2]", "evaluator.recipe.epochs=2", "budget.evaluations=12"),
)


def test_weights_are_kept_elsewhere_and_found_again(nasray, archive, cut, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another" / "disk"
    ended = nasray(*SEARCH, f"paths.store=file://{elsewhere}", "hydra.run.dir=one")
    assert ended.code == 0, ended
    run, found = tmp_path / "one", archive(tmp_path / "one")
    assert not (run / "store").exists()
    (own,) = elsewhere.iterdir()
    kept = sorted(path.name for path in own.rglob("*") if path.is_file())
    assert 0 < len(kept) == len(list((run / "checkpoints").iterdir())) < 12

    assert nasray("replay", "one").code == 0
    cut(run, (run / "journal.jsonl").stat().st_size * 2 // 3)
    ended = nasray("resume", "one")
    assert ended.code == 0, ended
    assert archive(run) == found
    assert [path.name for path in elsewhere.iterdir()] == [own.name]
    assert sorted(path.name for path in own.rglob("*") if path.is_file()) == kept


def test_a_place_that_cannot_be_reached_is_one_message(nasray, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = nasray(*SEARCH, "paths.store=file/x").refused()
    assert f"paths.store: the store at {tmp_path}/file/x" in message
    assert "must be in a folder, or a bucket, that exists and may be written to" in message
    assert not list(tmp_path.glob("runs/*/*"))
