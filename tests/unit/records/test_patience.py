"""How long storage is waited for, by a clock of the test's own."""

import errno

import pytest

from nasray.records.patience import patiently


class Storage:
    """Refuses until a moment."""

    def __init__(self, heals_at):
        self.now, self.heals_at, self.waits, self.taken = 7.0, 7.0 + heals_at, [], 0

    def write(self):
        if self.now < self.heals_at:
            raise OSError(errno.EROFS, "Read-only file system")
        self.taken += 1

    def sleep(self, seconds):
        self.waits.append(round(seconds, 3))
        self.now += seconds

    def __call__(self, path):
        patiently(self.write, path, clock=lambda: self.now, sleep=self.sleep)


def test_nothing_is_waited_for_or_said_where_nothing_refuses(tmp_path, caplog):
    storage = Storage(0)
    storage(tmp_path)
    assert (storage.taken, storage.waits, caplog.messages) == (1, [], [])


def test_a_minute_is_waited_for_and_said_once(tmp_path, caplog):
    storage = Storage(60)
    storage(tmp_path / "journal.jsonl")
    assert storage.taken == 1
    assert storage.waits[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert 60 <= sum(storage.waits) < 65
    (said,) = caplog.messages
    assert said == (
        f"{tmp_path / 'journal.jsonl'} cannot be written (Read-only file system): waiting until the storage takes it, "
        "120 s at most"
    )


def test_patience_ends(tmp_path):
    storage = Storage(1000)
    with pytest.raises(OSError, match="Read-only file system"):
        storage(tmp_path)
    assert storage.taken == 0
    assert 120 <= sum(storage.waits) < 125
