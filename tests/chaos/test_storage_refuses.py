"""Storage refuses writes: the search waits for a while, then ends and can be gone on with; it finds the same."""

import errno
import json
import os
from pathlib import Path

import pytest

from nasray.app.cli import app
from nasray.records import journal, patience
from nasray.records.journal import read_journal

pytestmark = pytest.mark.chaos

SEARCH = ["run", "evaluator=synthetic", "executor=simulator", "strategy.population_size=10", "tracking=none"]
SEARCH += ["controls=1", "budget.evaluations=60", "width=4", "evaluator.chunk_size=1"]


class Disk:
    """Takes so many writes and half of another, then refuses so many, then takes all."""

    def __init__(self) -> None:
        self.taken, self.halves, self.refused = 10**9, 0, 0
        self._write = os.write

    def write(self, file: int, content: bytes) -> int:
        if self.taken:
            self.taken -= 1
            return self._write(file, content)
        if self.halves:
            self.halves -= 1
            return self._write(file, content[: len(content) // 2])
        if self.refused:
            self.refused -= 1
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return self._write(file, content)


@pytest.fixture
def disk(monkeypatch) -> Disk:
    """The disk under journals, each commit of which goes there at once."""
    disk = Disk()
    monkeypatch.setattr(journal.os, "write", disk.write)
    monkeypatch.setattr(journal, "GATHER_SECONDS", 0.0)
    return disk


@pytest.fixture
def nasray(tmp_path, monkeypatch, capsys):
    """Runs the command line in this process; gives the exit code and what was said."""
    from hydra.core.global_hydra import GlobalHydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASRAY_DATA", str(tmp_path / "data"))

    def run(*words: str) -> tuple[object, str]:
        GlobalHydra.instance().clear()
        with pytest.raises(SystemExit) as ended:
            app(list(words))
        return ended.value.code or 0, capsys.readouterr().err

    return run


def archive(folder: Path) -> str:
    return json.loads((folder / "result.json").read_text())["archive"]


def test_a_search_whose_disk_refuses_for_a_while_waits_and_finds_the_same(disk, nasray, tmp_path):
    calm, run = tmp_path / "calm", tmp_path / "run"
    assert nasray(*SEARCH, f"hydra.run.dir={calm}")[0] == 0
    disk.taken, disk.halves, disk.refused = 20, 1, 3
    code, said = nasray(*SEARCH, f"hydra.run.dir={run}")
    assert code == 0, said
    assert (disk.halves, disk.refused) == (0, 0)
    assert said.count("journal.jsonl cannot be written (Read-only file system): waiting until the storage takes") == 1
    assert archive(run) == archive(calm)
    past, tail = read_journal(run / "journal.jsonl")
    assert past.results == read_journal(calm / "journal.jsonl")[0].results
    assert tail.n_bytes == (run / "journal.jsonl").stat().st_size


def test_a_search_whose_disk_refuses_for_too_long_ends_and_goes_on_when_it_is_over(disk, nasray, tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.0)
    assert nasray(*SEARCH, f"hydra.run.dir={tmp_path / 'calm'}")[0] == 0
    run = tmp_path / "run"
    disk.taken, disk.refused = 20, 3  # what is refused is tried once more at the end
    code, said = nasray(*SEARCH, f"hydra.run.dir={run}")
    assert code == 2
    message = "journal.jsonl cannot be written (Read-only file system): all committed results are safe; make room, then"
    assert f"{message} `nasray resume {run}`" in said
    kept = len(read_journal(run / "journal.jsonl")[0].results)
    assert 0 < kept < 60
    code, said = nasray("resume", str(run))
    assert code == 2, "it is not over yet"
    code, said = nasray("resume", str(run))
    assert code == 0, said
    assert disk.refused == 0
    assert archive(run) == archive(tmp_path / "calm")
    assert sorted(read_journal(run / "journal.jsonl")[0].results) == list(range(60))
