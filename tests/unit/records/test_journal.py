"""The journal: what it keeps, and every way of damaging it."""

import errno
import os
import stat
from functools import partial

import orjson
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import RecordError
from nasray.core.event_log import Past
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Cost, Failure, Measurement
from nasray.core.proposal import Proposal
from nasray.records import journal as module
from nasray.records import patience
from nasray.records.journal import Journal, read_journal
from nasray.records.patience import PATIENCE_SECONDS, patiently
from nasray.records.schema import SCHEMA

PROPOSALS = [
    Proposal(0, Architecture((1, 2))),
    Proposal(1, Architecture((3, 4)), "mutation", (0,), Fidelity(12), raw=Architecture((9,)), notes={"score": 0.25}),
    Proposal(2, Architecture((0, 0))),
]
RESULTS = [
    Measurement(0.1),
    Measurement(93.5, Cost(1.5, 20.0), ((1, 50.0), (2, 93.5)), {"parameters": 73_306.0}, "node-1"),
    Failure("timeout", "took longer than 3 s", "a\nlong\rstory\u2028é", Cost(3.0), "node-2"),
]
PAST = Past(
    [(0, PROPOSALS[:2]), (1, PROPOSALS[2:])], {0: RESULTS[0], 2: RESULTS[2], 1: RESULTS[1]}, "clock", wall_seconds=2.25
)


def write(path, *, fsync=True, tail=None):
    journal = Journal(path, fsync=fsync, tail=tail)
    journal.asked(0, PROPOSALS[:2])
    journal.commit(durable=False)
    journal.arrived([0], RESULTS[:1], 1.0)
    journal.commit(durable=True)
    journal.asked(1, PROPOSALS[2:])
    journal.commit(durable=False)
    journal.arrived([2, 1], [RESULTS[2], RESULTS[1]], 2.25)
    journal.stopped("clock")
    journal.commit(durable=True)
    journal.close()


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "journal.jsonl")
    return tmp_path / "journal.jsonl"


def test_it_remembers_everything(path):
    past, tail = read_journal(path)
    assert past == PAST
    assert list(past.results) == [0, 2, 1]
    assert (tail.n_bytes, tail.n_lines) == (path.stat().st_size, 5)


def test_what_is_written_in_one_go_shares_a_line(tmp_path, path):
    write(tmp_path / "gathered.jsonl", fsync=False)
    past, tail = read_journal(tmp_path / "gathered.jsonl")
    assert past == read_journal(path)[0]
    assert tail.n_lines == 3, "the header, what came until 0.1 s had passed, and the rest"


def test_lines_are_json_that_people_can_read(path):
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert [sorted(line) for line in lines] == [["crc", "event"]] * 5
    assert lines[0]["event"] == {"kind": "journal", "schema": SCHEMA}
    assert lines[2]["event"] == {"slots": [0], "results": [0.1], "wall_seconds": 1.0}


def test_it_is_continued_where_it_ended(path):
    before = path.read_bytes()
    _, tail = read_journal(path)
    journal = Journal(path, fsync=False, tail=tail)
    journal.stopped("again")
    journal.commit(durable=True)
    journal.close()
    assert path.read_bytes().startswith(before)
    assert read_journal(path)[0].stopped == "again"


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_torn_last_line_is_cut_off(path, cut):
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    past, tail = read_journal(path)
    whole = content[: content[:-cut].rfind(b"\n") + 1]
    assert tail.n_bytes == len(whole)
    assert past.stopped == ""
    Journal(path, fsync=False, tail=tail).close()
    assert path.read_bytes() == whole


def swap(lines):
    lines[2], lines[3] = lines[3], lines[2]


def edit(lines):
    lines[2] = lines[2].replace(b"[0.1]", b"[0.2]")


def frame(lines):
    lines[2] = lines[2].replace(b'"crc"', b'"CRC"')


def insert(lines):
    lines.insert(2, lines[2])


def blank(lines):
    lines.insert(2, b"")


def delete(lines):
    del lines[2]


def merge(lines):
    lines[2:4] = [lines[2] + lines[3]]


@pytest.mark.parametrize(("damage", "line"), [
    (swap, 3), (edit, 3), (frame, 3), (insert, 4), (blank, 3), (delete, 3), (merge, 3),
])  # fmt: skip
def test_damage_is_found_at_its_line(path, damage, line):
    lines = path.read_bytes().split(b"\n")
    damage(lines)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(RecordError, match=rf"line {line}: the checksum does not match.*cut it before line {line} and"):
        read_journal(path)


def test_every_flipped_bit_is_found(path):
    content = path.read_bytes()
    last = content[:-1].rfind(b"\n") + 1
    for at in range(last):
        damaged = bytearray(content)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(RecordError, match=r"the checksum does not match"):
            read_journal(path)


def sealed(event):
    crc = module.zlib.crc32(orjson.dumps(event))
    return b'{"crc":"%08x","event":%b}\n' % (crc, orjson.dumps(event))


def test_notes_that_are_not_json(tmp_path):
    journal = Journal(tmp_path / "j", fsync=True)
    journal.asked(0, [Proposal(0, Architecture((1,)), notes={"score": {1, 2}})])
    with pytest.raises(RecordError, match=r"cannot keep what the search noted .*must be plain JSON; mend the strategy"):
        journal.commit(durable=True)


def test_a_newer_schema(path):
    path.write_bytes(sealed({"kind": "journal", "schema": SCHEMA + 1}))
    with pytest.raises(RecordError, match=rf"has schema {SCHEMA + 1}, this nasray reads up to {SCHEMA}: a newer"):
        read_journal(path)


def test_no_schema(path):
    path.write_bytes(sealed({"kind": "diary"}))
    with pytest.raises(RecordError, match="has no schema number: it is not a file that nasray wrote"):
        read_journal(path)


def test_events_of_later_versions_are_passed_over(path):
    _, tail = read_journal(path)
    journal = Journal(path, fsync=False, tail=tail)
    journal._events.append({"weather": "fine"})
    journal.commit(durable=True)
    journal.close()
    assert read_journal(path)[0] == PAST


@pytest.mark.parametrize("content", [b"", b'{"crc":"1234'])
def test_a_run_that_was_killed_before_it_began(path, content):
    path.write_bytes(content)
    with pytest.raises(RecordError, match="is empty: the run was stopped before it began; start it again in another"):
        read_journal(path)


def test_no_journal(tmp_path):
    with pytest.raises(RecordError, match=r"journal.jsonl is missing: the run kept no journal"):
        read_journal(tmp_path / "journal.jsonl")


def test_a_new_journal_never_overwrites_another(path):
    before = path.read_bytes()
    with pytest.raises(RecordError, match=r"journal.jsonl exists already: choose another folder, or move"):
        Journal(path, fsync=False)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(RecordError, match=r"cannot be opened \(No such file or directory\)"):
        Journal(tmp_path / "nowhere" / "journal.jsonl", fsync=False)


@pytest.mark.parametrize("fsync", [True, False])
def test_only_durable_commits_wait_for_the_disk(tmp_path, monkeypatch, fsync):
    synced = []
    monkeypatch.setattr(module.os, "fsync", synced.append)
    write(tmp_path / "journal.jsonl", fsync=fsync)
    # The header, and the two durable commits of ``write``.
    assert len(synced) == (3 if fsync else 0)


def test_nothing_is_written_for_an_empty_commit(path, monkeypatch):
    _, tail = read_journal(path)
    journal = Journal(path, fsync=True, tail=tail)
    monkeypatch.setattr(module.os, "write", lambda *_: pytest.fail("wrote"))
    journal.commit(durable=True)


def test_short_writes_are_gone_on_with(tmp_path, monkeypatch):
    write_all = os.write
    monkeypatch.setattr(module.os, "write", lambda file, content: write_all(file, content[:7]))
    write(tmp_path / "journal.jsonl")
    assert read_journal(tmp_path / "journal.jsonl")[0] == PAST


class Disk:
    """Between ``troubles`` writes in full; before each, takes so many bytes more, then refuses as often as said."""

    def __init__(self, monkeypatch, troubles):
        self.now, self.waits, self.troubles = 100.0, [], list(troubles)
        self._write, self._fsync = os.write, os.fsync
        monkeypatch.setattr(module.os, "write", self.write)
        monkeypatch.setattr(module.os, "fsync", self.fsync)
        monkeypatch.setattr(module, "patiently", partial(patiently, clock=lambda: self.now, sleep=self.sleep))

    def write(self, file, content):
        if not self.troubles or self.troubles[0] == "fsync":
            return self._write(file, content)
        n_taken = self.troubles.pop(0)
        if n_taken:
            return self._write(file, content[:n_taken])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fsync(self, file):
        if self.troubles[:1] == ["fsync"]:
            self.troubles.pop(0)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(file)

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


REFUSED, HALF = [0], [9, 0]
"""What it takes of a write: nothing; nine bytes, and nothing of the rest."""


@pytest.mark.parametrize("fsync", [True, False])
@pytest.mark.parametrize(
    "troubles",
    [
        REFUSED,
        HALF,
        [*HALF, *HALF, *REFUSED, *HALF],
        [9, 9, 9, 0, 30, 0],
        ["fsync"],
        [*HALF, "fsync", "fsync", *HALF],
    ],
)
def test_what_is_refused_for_a_while_is_there_once_and_whole(path, tmp_path, monkeypatch, caplog, fsync, troubles):
    disk = Disk(monkeypatch, troubles if fsync else [one for one in troubles if one != "fsync"])
    n_refusals = sum(one in (0, "fsync") for one in disk.troubles)
    other = tmp_path / "other.jsonl"
    write(other, fsync=fsync)
    assert not disk.troubles
    assert len(disk.waits) == n_refusals
    assert read_journal(other)[0] == PAST
    assert not fsync or other.read_bytes() == path.read_bytes()
    assert len(caplog.messages) == (n_refusals > 0)


def test_lines_that_a_failed_disk_may_have_dropped_are_written_again(path, tmp_path, monkeypatch):
    """Proposals are written and not forced; the results after them are, and the disk fails: it has neither."""
    other = tmp_path / "other.jsonl"
    disk = Disk(monkeypatch, [])
    journal = Journal(other, fsync=True)
    header = other.stat().st_size
    journal.asked(0, PROPOSALS[:2])
    journal.commit(durable=False)

    def fail_and_drop(file):
        monkeypatch.setattr(module.os, "fsync", disk.fsync)
        os.truncate(other, header)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(module.os, "fsync", fail_and_drop)
    journal.arrived([0], RESULTS[:1], 1.0)
    journal.commit(durable=True)
    journal.close()
    assert path.read_bytes().startswith(other.read_bytes())
    assert read_journal(other)[1].n_lines == 3


def test_a_file_that_was_replaced_by_a_shorter_one_is_not_filled_up(path, tmp_path, monkeypatch):
    disk = Disk(monkeypatch, [0])
    _, tail = read_journal(path)
    journal = Journal(path, fsync=True, tail=tail)
    shorter = path.read_bytes()[:100]
    path.unlink()
    path.write_bytes(shorter)
    journal.stopped("later")
    with pytest.raises(RecordError, match=r"cannot be written \(it has become shorter\): all committed results"):
        journal.commit(durable=True)
    journal.close()
    assert path.read_bytes() == shorter
    assert sum(disk.waits) >= PATIENCE_SECONDS


@pytest.mark.parametrize("troubles", [REFUSED, HALF, ["fsync"]])
@pytest.mark.parametrize("later", [[], ["by all means"]])
@pytest.mark.parametrize("end", [Journal.close, Journal.flush])
def test_a_search_that_is_interrupted_while_it_waits_loses_nothing(path, monkeypatch, troubles, later, end):
    before = path.read_bytes()
    Disk(monkeypatch, troubles)
    _, tail = read_journal(path)
    journal = Journal(path, fsync=True, tail=tail)

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "patiently", partial(patiently, sleep=interrupt))
    journal.arrived([3], RESULTS[:1], 3.0)
    with pytest.raises(KeyboardInterrupt):
        journal.commit(durable=True)
    for reason in later:
        journal.stopped(reason)
    end(journal)
    past, found = read_journal(path)
    assert path.read_bytes().startswith(before)
    assert past.results == PAST.results | {3: RESULTS[0]}
    assert (past.stopped, found.n_lines) == ([PAST.stopped, *later][-1], tail.n_lines + 1 + len(later))


def test_a_journal_that_still_cannot_be_written_when_it_is_closed_says_so_in_the_log(path, monkeypatch, caplog):
    """The interruption is on its way to the user."""
    _, tail = read_journal(path)
    journal = Journal(path, fsync=True, tail=tail)
    Disk(monkeypatch, [9, 0])
    journal.stopped("later")
    journal.close()
    assert caplog.messages == [
        f"{path} cannot be written (No space left on device): what came last is not kept and will be done again"
    ]
    assert read_journal(path) == (PAST, tail)


def test_a_full_disk_loses_nothing(path, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.0)
    before = path.read_bytes()
    _, tail = read_journal(path)
    journal = Journal(path, fsync=False, tail=tail)
    write_all, room = os.write, [10]

    def write_until_full(file, content):
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write_all(file, content[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(module.os, "write", write_until_full)
    journal.stopped("later")
    message = (
        r"cannot be written \(No space left on device\): all committed results are safe; make room, then `nasray res"
    )
    with pytest.raises(RecordError, match=message):
        journal.commit(durable=True)
    room[0] = 10_000
    assert path.read_bytes()[:-10] == before
    assert read_journal(path) == (PAST, tail)
    for again in (partial(journal.commit, durable=True), journal.flush):
        with pytest.raises(RecordError, match=message):  # or what it tells of would pass for secured
            again()
    journal.close()
    assert path.read_bytes().startswith(before)
    assert read_journal(path)[0].stopped == "later"
    assert read_journal(path)[1].n_lines == tail.n_lines + 1


def test_others_may_read_a_journal(path):
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600
