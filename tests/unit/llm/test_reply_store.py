"""The SQLite file: damage, newer schemas, network disks, recordings."""

import sqlite3
from types import SimpleNamespace

import psutil
import pytest

from nasray.core.errors import ConfigError, DataError, RecordError
from nasray.llm.call_error import CallError
from nasray.llm.ledger import read_ledger
from nasray.llm.ledger_entry import LedgerEntry
from nasray.llm.recording import cached_replies, read_recording, write_recording
from nasray.llm.replay import Replay
from nasray.llm.reply_store import SCHEMA, ReplyStore
from nasray.llm.spent import Spent


def test_a_file_that_is_no_cache_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database, and they shall stay as they are " * 20)
    with pytest.raises(RecordError, match=r"if the file is no cache or is damaged, move it away"):
        ReplyStore(path)
    with pytest.raises(RecordError, match=r"cannot be read as a language model's cache"):
        read_ledger(path)
    path.unlink()
    ReplyStore(path).close()  # the lock was given back


def test_a_file_of_a_newer_nasray_is_refused(tmp_path):
    path = tmp_path / "cache.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(RecordError, match=f"has schema {SCHEMA + 1}, but this nasray knows up to {SCHEMA}"):
        ReplyStore(path)


def test_a_network_disk_is_refused(tmp_path, monkeypatch):
    mounts = [SimpleNamespace(mountpoint="/", fstype="ext4"), SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)
    with pytest.raises(ConfigError, match=r"is on a network disk \(nfs4\); it must be on a local one"):
        ReplyStore(tmp_path / "cache.sqlite")


@pytest.mark.parametrize("path", ["notes.txt/cache.sqlite", "notes.txt/deep/cache.sqlite", f"{'x' * 300}.sqlite"])
def test_a_path_that_no_file_can_have_is_refused(tmp_path, path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"(?s)language_model.path \(.*\) cannot be used \(.*\); choose another path"):
        ReplyStore(tmp_path / path)
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


@pytest.fixture
def paid(ask, said):
    """``paid(store, reply)``: a call is made, and brings the reply."""

    def make(store, reply):
        call = store.begin(ask(), "a script", Spent(1, 297, 0.001), priced=True)
        entry = LedgerEntry(0.0, ask().key, ask().prompt_hash, "scripted", "a script", "paid", 10, 5, 4e-5)
        store.settle(call, entry, (ask(), reply))

    return make


def test_a_reply_that_cannot_be_kept_leaves_no_line_that_says_it_was_paid(tmp_path, paid, said, ask):
    store = ReplyStore(tmp_path / "cache.sqlite")
    with pytest.raises(TypeError):
        paid(store, said("half a character: \ud83d"))
    paid(store, said("a"))
    store.close()
    ReplyStore(tmp_path / "cache.sqlite").close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.lost) == (1, 1)


def test_what_the_file_refuses_is_not_written_by_halves(tmp_path, paid, said, ask):
    path = tmp_path / "cache.sqlite"
    store = ReplyStore(path)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE replies RENAME TO elsewhere")
    with pytest.raises(RecordError, match=r"cannot be used \(no such table: replies\)"):
        paid(store, said("a"))
    store.close()
    (one,) = ReplyStore(path)._connection.execute("SELECT status FROM ledger").fetchall()
    assert one == ("lost",)


def test_closing_twice_does_nothing(tmp_path):
    store = ReplyStore(tmp_path / "deep" / "cache.sqlite")
    store.close()
    store.close()


def test_a_ledger_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(RecordError, match=r"there is no language model's cache at"):
        read_ledger(tmp_path / "none.sqlite")


def test_the_ledger_can_be_read_while_somebody_writes(serve, scripted, ask, tmp_path):
    service = serve(scripted("a"))
    service.complete(ask())
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert row[:3] == ("scripted", 1, 0)


def test_recorded_replies_are_said_again_and_others_are_missed(serve, scripted, ask, said, tmp_path):
    service = serve(scripted(said("25.1"), said("für 26", finish="length")))
    for text in ("one", "two"):
        service.complete(ask(text))
    recording = tmp_path / "replies.jsonl"
    assert write_recording(recording, cached_replies(tmp_path / "cache.sqlite")) == 2
    replay = Replay(model="scripted", recording=str(recording))
    assert replay.source == "replay replies.jsonl"
    again = replay.complete(ask("two"))
    assert (again.text, again.truncated, again.source) == ("für 26", True, "a script")
    with pytest.raises(
        CallError, match=r"has no reply to request .*run the same with the real client .*nasray llm record"
    ):
        replay.complete(ask("three"))
    replayed = serve(replay, path=str(tmp_path / "replay.sqlite"), price=None)
    assert replayed.complete(ask("one")).text == "25.1"


def test_a_recording_may_name_requests_by_their_keys(serve, scripted, ask, tmp_path):
    serve(scripted("25.1")).complete(ask("a long prompt"))
    recording = tmp_path / "replies.jsonl"
    write_recording(recording, cached_replies(tmp_path / "cache.sqlite"), prompts=False)
    assert "a long prompt" not in recording.read_text()
    assert Replay(model="scripted", recording=recording).complete(ask("a long prompt")).text == "25.1"


def test_a_recording_is_the_same_whatever_it_took(serve, scripted, ask, tmp_path):
    files = []
    for order in (("one", "two"), ("two", "one")):
        service = serve(scripted("a"), path=str(tmp_path / f"{order[0]}.sqlite"))
        for text in order:
            service.complete(ask(text))
        files.append(tmp_path / f"{order[0]}.jsonl")
        write_recording(files[-1], cached_replies(tmp_path / f"{order[0]}.sqlite"))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_recording_that_no_path_can_have_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match=r"the recording .*taken.* cannot be written .*choose another path"):
        write_recording(tmp_path / "taken" / "replies.jsonl", [])
    assert write_recording(tmp_path / "new" / "replies.jsonl", []) == 0


@pytest.mark.parametrize("content", ["not json\n", '{"request": {}}\n', '{"request": {"model": 1}, "reply": {}}\n'])
def test_a_damaged_recording_is_refused_by_line(tmp_path, content):
    path = tmp_path / "replies.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=r"line 1 of the recording .* is no request with its reply"):
        read_recording(path)


def test_a_recording_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read .*give the file that `nasray llm record` wrote"):
        read_recording(tmp_path / "none.jsonl")


def test_a_row_that_is_no_reply_is_refused(tmp_path):
    path = tmp_path / "cache.sqlite"
    ReplyStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO replies VALUES ('k', '{}', '{}')")
    with pytest.raises(RecordError, match=r"has a row that is no reply"):
        cached_replies(path)
