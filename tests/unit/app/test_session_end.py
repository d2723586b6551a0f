"""What happens when a search is over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nasray.app import session
from nasray.core.errors import RecordError
from nasray.records.run_folder import RunFolder


class Watching:
    """Notes what it was closed with, then raises ``error``."""

    def __init__(self, closed: list[Any], error: Exception | None = None) -> None:
        self.closed, self.error = closed, error

    def close(self, summary: Mapping[str, Any]) -> None:
        self.closed.append((self, dict(summary)))
        if self.error:
            raise self.error


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder.create(tmp_path / "run", {})
    run.write_result({"best": 0.5})
    run.unlock()
    return run


def test_everybody_who_watched_gets_the_result_and_where_the_report_is(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_report", lambda run: run.path / "report.html")
    closed: list[Any] = []
    watching: list[Any] = [Watching(closed), Watching(closed)]
    result = session._ended(run, watching)
    assert result == {**(run.result or {}), "report": str(run.path / "report.html")}
    assert closed == [(one, result) for one in watching]


@pytest.mark.parametrize("error", [RecordError("the disk is full"), KeyboardInterrupt()])
def test_a_report_that_fails_leaves_nobody_watching(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(_: RunFolder) -> Path:
        raise error

    monkeypatch.setattr(session, "_report", fail)
    closed: list[Any] = []
    watching: list[Any] = [Watching(closed), Watching(closed, OSError("so is that of W&B")), Watching(closed)]
    with pytest.raises((OSError, type(error))) as raised:
        session._ended(run, watching)
    assert error in (raised.value, raised.value.__context__)
    assert closed == [(one, run.result) for one in watching]
