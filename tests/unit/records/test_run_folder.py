"""Run folders: one run each, one writer each."""

import errno
import os
import subprocess
import sys
import threading

import orjson
import pytest
from filelock import FileLock

from nasray.core import atomic
from nasray.core.architecture import Architecture
from nasray.core.errors import RecordError
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.records import run_folder
from nasray.records.journal import Journal
from nasray.records.run_folder import RunFolder
from nasray.records.schema import SCHEMA
from nasray.records.snapshot import read_snapshot

PROPOSALS = [Proposal(slot, Architecture((slot,))) for slot in range(4)]


def journaled(run, slots=(0, 1, 3)):
    journal = run.start_journal(fsync=False)
    journal.asked(0, PROPOSALS)
    journal.arrived(slots, [Measurement(float(slot)) for slot in slots], 1.0)
    journal.commit(durable=True)
    journal.close()


@pytest.fixture
def run(tmp_path):
    run = RunFolder.create(tmp_path / "new" / "run", {"run_id": "x"})
    yield run
    run.unlock()


def test_the_manifest_can_be_read_again(run):
    assert RunFolder.open(run.path).manifest == {"schema": SCHEMA, "run_id": "x"}
    assert run.result is None


def test_the_result_can_be_read_again(run):
    run.write_result({"best": 0.5})
    result = RunFolder.open(run.path).result
    assert result is not None
    assert result.items() >= {"schema": SCHEMA, "best": 0.5}.items()


def test_one_run_a_folder(run):
    run.unlock()
    with pytest.raises(RecordError, match=r"already holds a run; go on with it by `nasray resume .*run`, or choose"):
        RunFolder.create(run.path, {})


def test_a_run_that_begins_at_the_same_moment(tmp_path, monkeypatch):
    lock = RunFolder.lock

    def slow_lock(self):
        monkeypatch.setattr(RunFolder, "lock", lock)
        RunFolder.create(self.path, {"run_id": "first"}).unlock()
        lock(self)

    monkeypatch.setattr(RunFolder, "lock", slow_lock)
    with pytest.raises(RecordError, match="already holds a run"):
        RunFolder.create(tmp_path / "run", {"run_id": "second"})
    assert RunFolder.open(tmp_path / "run").manifest["run_id"] == "first"
    RunFolder.open(tmp_path / "run").lock()  # given back


def test_another_process_is_kept_out(run):
    code = (
        "import sys, pathlib; from nasray.records.run_folder import RunFolder\n"
        "from nasray.core.errors import RecordError\n"
        "try: RunFolder.open(pathlib.Path(sys.argv[1])).lock()\n"
        "except RecordError as error: print(error)\n"
        "else: print('locked')"
    )

    def ask():
        return subprocess.run([sys.executable, "-c", code, run.path], capture_output=True, text=True, check=True).stdout

    assert ask().strip() == f"{run.path} is in use by another process; wait for it, or stop it first"
    run.unlock()
    assert ask().strip() == "locked"
    run.lock()  # a process that ended holds nothing


def test_whoever_only_looks_whether_a_run_is_at_work_does_not_keep_it_from_going_on(run):
    run.unlock()
    looking = FileLock(run.path / "run.lock", thread_local=False)
    looking.acquire()
    gone = threading.Timer(0.1, looking.release)
    gone.start()
    run.lock()
    gone.join()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match=r"file.run cannot be made \(Not a directory\); choose another folder"):
        RunFolder.create(tmp_path / "file" / "run", {})


def test_a_folder_that_cannot_be_locked(run, monkeypatch):
    def refuse(*, timeout):
        raise PermissionError(errno.EACCES, "Permission denied")

    other = RunFolder.open(run.path)
    monkeypatch.setattr(other._lock, "acquire", refuse)
    with pytest.raises(RecordError, match=r"run cannot be locked \(Permission denied\); choose another folder"):
        other.lock()


def test_a_full_disk_is_one_message_and_leaves_no_scraps(run, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", full)
    monkeypatch.setattr("nasray.records.patience.PATIENCE_SECONDS", 0.0)
    with pytest.raises(RecordError, match=r"result.json cannot be written \(No space left on device\); make room"):
        run.write_result({})
    with pytest.raises(RecordError, match=r"manifest.json cannot be written \(No space left on device\)"):
        RunFolder.create(run.path.parent / "other", {})
    assert sorted(path.name for path in run.path.iterdir()) == ["manifest.json", "run.lock"]


def test_no_run_folder(tmp_path):
    with pytest.raises(RecordError, match=r"manifest.json is missing: .* is not a run folder; name one"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema": 1', r"is not valid JSON \(.*\); restore it from a copy"),
        ("[1]", "does not hold a JSON object"),
        ("{}", "has no schema number"),
        ('{"schema": 99}', r"has schema 99, this nasray reads up to 2: a newer nasray wrote it; upgrade to read it"),
    ],
)
def test_a_manifest_that_cannot_be_used(run, content, message):
    (run.path / "manifest.json").write_text(content)
    with pytest.raises(RecordError, match=message):
        RunFolder.open(run.path)


def test_outcomes_are_the_prefix_that_is_known(run):
    journaled(run)
    assert run.outcomes() == [Outcome(PROPOSALS[slot], Measurement(float(slot))) for slot in (0, 1)]


def test_a_journal_is_gone_on_with(run):
    journaled(run)
    journal, past = run.reopen_journal(fsync=False)
    assert (past.asks, sorted(past.results)) == ([(0, PROPOSALS)], [0, 1, 3])
    journal.arrived([2], [Measurement(2.0)], 2.0)
    journal.commit(durable=True)
    journal.close()
    assert len(run.outcomes()) == 4


def edit(run, **changes):
    (run.path / "manifest.json").write_bytes(orjson.dumps({**run.manifest, **changes}))
    return RunFolder.open(run.path)


def test_another_configuration_than_the_journal_was_begun_with_is_refused(tmp_path):
    run = RunFolder.create(tmp_path / "run", {"config": {"width": 2, "rates": (0.1, 1.0)}})
    journaled(run)
    edit(run, config={"rates": [0.1, 1.0], "width": 2}).reopen_journal(fsync=False)[0].close()
    edited = edit(run, config={"width": 3, "rates": [0.1, 1.0]})
    with pytest.raises(
        RecordError, match=r"manifest.json is not the one the journal was begun with; restore it from a copy"
    ):
        edited.reopen_journal(fsync=False)
    run.unlock()


def test_a_journal_from_before_headers_named_the_configuration_is_gone_on_with(run):
    Journal(run.journal_path, fsync=False).close()
    assert orjson.loads(run.journal_path.read_bytes())["event"] == {"kind": "journal", "schema": SCHEMA}
    edit(run, config={"width": 3}).reopen_journal(fsync=False)[0].close()


def test_the_header_names_the_configuration(run):
    # printf null | sha256sum: this manifest has none.
    journaled(run)
    header = orjson.loads(run.journal_path.read_bytes().splitlines()[0])["event"]
    assert header["config"] == "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"


def test_a_long_replay_leaves_a_snapshot_and_the_next_is_short(run, monkeypatch):
    journaled(run)
    snapshot = run.path / "snapshot.json"
    size = run.journal_path.stat().st_size
    monkeypatch.setattr(run_folder, "SNAPSHOT_BYTES", size)
    run.reopen_journal(fsync=False)[0].close()
    assert not snapshot.exists()  # not more than that
    monkeypatch.setattr(run_folder, "SNAPSHOT_BYTES", size - 1)
    journal, past = run.reopen_journal(fsync=False)
    assert read_snapshot(snapshot)[0] == past
    journal.arrived([2], [Measurement(2.0)], 2.0)
    journal.commit(durable=True)
    journal.close()
    assert run._replay()[2] == run.journal_path.stat().st_size - size, "only what is behind the snapshot is read"
    written = snapshot.stat().st_mtime_ns
    run.reopen_journal(fsync=False)[0].close()
    assert snapshot.stat().st_mtime_ns == written
    assert len(run.outcomes()) == 4


def test_a_snapshot_that_cannot_be_written_harms_nothing(run, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    journaled(run)
    monkeypatch.setattr(run_folder, "SNAPSHOT_BYTES", 0)
    monkeypatch.setattr(run_folder, "write_snapshot", full)
    journal, past = run.reopen_journal(fsync=False)
    journal.close()
    assert len(past.results) == 3


def test_the_truth_is_the_journal(run, monkeypatch):
    journaled(run)
    monkeypatch.setattr(run_folder, "SNAPSHOT_BYTES", 0)
    run.reopen_journal(fsync=False)[0].close()
    run.journal_path.unlink()
    journaled(run, slots=(1,))
    assert run.outcomes() == []
    lines = run.journal_path.read_bytes().splitlines(keepends=True)
    run.journal_path.write_bytes(b"".join([lines[0], lines[1].replace(b'"slot":0', b'"slot":9'), *lines[2:]]))
    with pytest.raises(RecordError, match="line 2: the checksum does not match"):
        run.outcomes()


def test_a_result_that_is_refused_for_a_while_is_written_and_a_manifest_is_not_waited_for(run, monkeypatch, caplog):
    write, refusals = run_folder.write_atomically, [OSError(errno.EROFS, "refused")] * 2

    def refused_twice(path, content):
        if refusals:
            raise refusals.pop()
        write(path, content)

    monkeypatch.setattr(run_folder, "write_atomically", refused_twice)
    run.write_result({"archive": "abc"})
    assert run.result["archive"] == "abc"
    assert len(caplog.messages) == 1
    refusals.append(OSError(errno.EROFS, "refused"))
    with pytest.raises(RecordError, match=r"manifest.json cannot be written \(refused\); make room, or choose another"):
        RunFolder.create(run.path.parent / "other", {})
