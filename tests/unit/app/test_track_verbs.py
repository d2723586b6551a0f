"""Which W&B runs are uploaded, and what is said of those that are not; wandb itself is in the integration tests."""

import subprocess
from pathlib import Path

import pytest

from nasray.app.track_verbs import upload
from nasray.core.errors import NasrayError, RecordError


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that wandb was given; it uploads all but those with "bad" in their names."""
    given: list[str] = []

    def sync(words: list[str], check: bool) -> None:
        assert words[1:5] == ["-m", "wandb", "sync", "--include-online"]
        for folder in map(Path, words[5:]):
            given.append(folder.name)
            if "bad" not in folder.name:
                (folder / f"{folder.name}.wandb.synced").touch()

    monkeypatch.setattr(subprocess, "run", sync)
    return given


def kept(folder: Path, name: str) -> Path:
    made = folder / "wandb" / name
    made.mkdir(parents=True)
    (made / f"{name}.wandb").touch()
    return made


def test_offline_runs_are_found_at_any_depth_and_an_online_one_by_its_own_name(tmp_path: Path, uploads: list[str]):
    kept(tmp_path / "sweep" / "a", "offline-run-1")
    kept(tmp_path / "sweep" / "b", "offline-run-2")
    online = kept(tmp_path / "sweep" / "b", "run-3")
    assert upload([tmp_path / "sweep", tmp_path / "sweep" / "a"]) == "2 W&B runs uploaded, 0 were before"
    assert upload([online, tmp_path]) == "1 W&B runs uploaded, 2 were before"
    assert uploads == ["offline-run-1", "offline-run-2", "run-3"]


def test_what_could_not_be_uploaded_is_said_and_tried_again(tmp_path: Path, uploads: list[str]):
    kept(tmp_path, "offline-run-1")
    bad = kept(tmp_path, "offline-run-bad")
    with pytest.raises(NasrayError, match=r"1 of 2 W&B runs could not be uploaded, .*offline-run-bad for one; wandb"):
        upload([tmp_path])
    with pytest.raises(NasrayError, match="1 of 1 W&B runs could not be uploaded"):
        upload([tmp_path])
    assert uploads == ["offline-run-1", bad.name, bad.name]


def test_a_folder_without_runs_is_refused(tmp_path: Path, uploads: list[str]):
    with pytest.raises(RecordError, match=r"holds no offline run of W&B; name the folder of a run or sweep"):
        upload([tmp_path])
    assert not uploads
