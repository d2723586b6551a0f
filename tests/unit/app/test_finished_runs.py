"""A finished run that was edited is not passed off as what a search found."""

from typing import Any

import orjson
import pytest

from nasray.app.session import resume
from nasray.core.architecture import Architecture
from nasray.core.errors import RecordError
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.records.run_folder import RunFolder
from nasray.search.archive import archive_hash

PROPOSAL = Proposal(0, Architecture((1, 2)))
ARCHIVE = archive_hash([Outcome(PROPOSAL, Measurement(0.5))])
MANIFEST: dict[str, Any] = {"run_id": "x", "config": {}, "seed": 0, "width": 1, "metric": "m", "data": []}
REST: dict[str, Any] = dict.fromkeys(
    ("stopped", "evaluations", "failures", "wall_seconds", "cost", "best", "top", "test")
)
"""What else a result must have."""
RESULT: dict[str, Any] = {
    "archive": ARCHIVE,
    "stopped": "budget",
    "evaluations": 1,
    "failures": 0,
    "wall_seconds": 1.0,
    "cost": {},
    "best": None,
    "top": [],
    "test": None,
}


@pytest.fixture
def run(tmp_path):
    run = RunFolder.create(tmp_path / "run", MANIFEST)
    journal = run.start_journal(fsync=False)
    journal.asked(0, [PROPOSAL])
    journal.arrived([0], [Measurement(0.5)], 1.0)
    journal.close()
    run.write_result(RESULT)
    (run.path / "report.html").write_text("")
    run.unlock()
    return run


def test_a_finished_run_is_returned_as_it_is(run):
    assert resume(run.path)["archive"] == ARCHIVE


def test_an_edited_result_is_refused(run):
    run.write_result({**RESULT, "archive": "0" * 64})
    with pytest.raises(RecordError, match=rf"result.json has archive 0+, but the outcomes .*{ARCHIVE}"):
        resume(run.path)


def test_a_shortened_journal_is_refused(run):
    lines = run.journal_path.read_bytes().splitlines(keepends=True)
    run.journal_path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(RecordError, match=rf"has archive {ARCHIVE}, .* edited after the run; restore it from a copy"):
        resume(run.path)


def test_an_edited_outcome_is_refused(run):
    content = run.journal_path.read_bytes()
    run.journal_path.write_bytes(content.replace(b"0.5", b"0.9"))
    assert content.count(b"0.5") == 1
    assert orjson.loads(content.splitlines()[0])["event"]["kind"] == "journal"
    with pytest.raises(RecordError, match="line 2: the checksum does not match"):
        resume(run.path)
