"""The command line in this process: a subprocess takes two seconds, a call a tenth of one."""

import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nasray.app.cli import app

QUICK = ("evaluator=synthetic", "executor=simulator", "tracking=none", "budget.evaluations=40", "controls=2")
"""A search without Ray and without data."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refused(self) -> str:
        """The one message of a user error: code 2, no traceback, nothing else."""
        assert self.code == 2, self
        assert "Traceback" not in self.err
        assert self.err.count("nasray: ") == 1
        return self.err.partition("nasray: ")[2].strip()


Nasray = Callable[..., Ended]


@pytest.fixture
def nasray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Nasray]:
    """Calls the command line in an empty folder, with no mirror and no cluster in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASRAY_DATA", str(tmp_path / "data"))
    for name in ("NASRAY_DATA_MIRROR", "RAY_ADDRESS", "HYDRA_FULL_ERROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["pytest"])
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def call(*words: str) -> Ended:
        capsys.readouterr()
        try:
            app(list(words))
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        else:
            code = 0
        finally:
            root.handlers[:] = handlers  # Hydra's write to streams that are gone after the test
            root.setLevel(level)
        seen = capsys.readouterr()
        return Ended(code, seen.out, seen.err)

    yield call
    assert sys.argv == ["pytest"]


@pytest.fixture(scope="session")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run to copy."""
    folder = tmp_path_factory.mktemp("runs") / "one"
    app(["run", *QUICK, f"hydra.run.dir={folder}"], standalone_mode=False)
    return folder


@pytest.fixture
def finished(nasray: Nasray, one_run: Path, tmp_path: Path) -> Path:
    """A finished run in the folder ``one``."""
    return shutil.copytree(one_run, tmp_path / "one")


@pytest.fixture
def quick() -> tuple[str, ...]:
    """Overrides of a search without Ray and without data."""
    return QUICK


@pytest.fixture
def archive() -> Callable[[Path], str]:
    """The hash of what a run found."""

    def read(run: Path) -> str:
        return json.loads((run / "result.json").read_bytes())["archive"]

    return read


@pytest.fixture
def cut() -> Callable[[Path, int], None]:
    """Leaves a run as a process does that is killed in the middle of the search."""

    def leave(run: Path, n_bytes: int) -> None:
        journal = run / "journal.jsonl"
        journal.write_bytes(journal.read_bytes()[:n_bytes])
        for name in ("result.json", "report.html"):
            (run / name).unlink(missing_ok=True)

    return leave


@pytest.fixture
def edit() -> Callable[[Path, bytes, bytes], None]:
    """Changes a file once, by hand as it were."""

    def change(path: Path, old: bytes, new: bytes) -> None:
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))

    return change
