"""Run folders that earlier versions wrote stay readable.

Each folder in ``runs/`` was written once and is never changed; a new schema adds a folder. ``schema_1`` (2026-11-22):
``nasray run evaluator=synthetic executor=simulator tracking=none budget.evaluations=24 strategy.population_size=6
controls=2``.
"""

import shutil
from pathlib import Path

import pytest

from nasray.records.run_folder import RunFolder
from nasray.reports.report import write_report
from nasray.search.archive import archive_hash

RUNS = sorted((Path(__file__).parent / "runs").iterdir())


@pytest.mark.golden
@pytest.mark.parametrize("frozen", RUNS, ids=[run.name for run in RUNS])
def test_an_old_run_is_read_reported_and_gone_on_with(frozen, tmp_path):
    run = RunFolder.open(Path(shutil.copytree(frozen, tmp_path / "run")))
    assert run.result is not None
    outcomes = run.outcomes()
    assert len(outcomes) == run.result["evaluations"]
    assert archive_hash(outcomes) == run.result["archive"]
    assert run.result["best"]["text"] in write_report([run], tmp_path / "report.html").read_text().replace("<wbr>", "")
    with run.locked():
        journal, past = run.reopen_journal(fsync=True)
        journal.close()
    assert past.n_told == len(outcomes)
