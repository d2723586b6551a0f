"""The boundary at which tracking errors end: one warning, then silence, and the search never waits."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from nasray.tracking.writer import Writer

FINISH = {"op": "finish"}


@dataclass
class FakeSink:
    """A sink whose every method can be told to fail or to hang until it is killed."""

    fails: dict[str, str] = field(default_factory=dict)
    hangs: tuple[str, ...] = ()
    uploads: bool = True
    calls: list[object] = field(default_factory=list)
    killed: threading.Event = field(default_factory=threading.Event)

    def open(self, mode: str, overdue: Callable[[], bool]) -> str:
        self.calls.append(mode)
        while mode in self.hangs and not self.killed.is_set():
            if overdue():
                raise ConnectionError("no answer")
            time.sleep(0.005)
        self._act(mode)
        return f"wandb/{mode}-run"

    def send(self, *messages: dict) -> None:
        self._act("send")
        self.calls.extend(messages)

    def finish(self, message: dict) -> bool:
        self._act("finish")
        self.calls.append(message)
        return self.uploads

    def kill(self) -> None:
        self.killed.set()

    def _act(self, what: str) -> None:
        if what in self.hangs:
            self.killed.wait(10)
        if what in self.hangs or what in self.fails:
            raise ConnectionError(self.fails.get(what, "killed"))


def writer(sink: FakeSink, mode: str = "offline", start: float = 10.0, close: float = 10.0) -> Writer:
    def redact(text: str) -> str:
        return text.replace("hush", "***")

    return Writer(sink, mode=mode, redact=redact, start_timeout_seconds=start, close_timeout_seconds=close)


def row(step: int) -> dict:
    return {"op": "log", "step": step}


def test_rows_arrive_in_order_and_the_upload_is_explained(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="nasray")
    sink = FakeSink()
    one = writer(sink)
    one.write(row(0))
    one.write(row(1))
    one.close(FINISH)
    assert sink.calls == ["offline", row(0), row(1), FINISH]
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "nasray track sync wandb/offline-run" in caplog.text
    assert not one.off


def test_an_online_run_that_was_uploaded_says_nothing(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="nasray")
    one = writer(FakeSink(), mode="online")
    one.close(FINISH)
    assert caplog.text == ""


def test_a_service_that_refuses_is_replaced_by_the_disk(caplog: pytest.LogCaptureFixture):
    sink = FakeSink(fails={"online": "429 for key hush"})
    one = writer(sink, mode="online")
    one.write(row(0))
    one.close(FINISH)
    assert sink.calls == ["online", "offline", row(0), FINISH]
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
    assert "could not be reached (429 for key ***)" in caplog.text
    assert "nasray track sync wandb/offline-run" in caplog.text


def test_a_service_that_hangs_is_left_after_the_start_limit(caplog: pytest.LogCaptureFixture):
    sink = FakeSink(hangs=("online",))
    one = writer(sink, mode="online", start=0.05)
    one.close(FINISH)
    assert sink.calls == ["online", "offline", FINISH]
    assert "could not be reached (no answer)" in caplog.text


def test_closing_hurries_a_slow_start():
    sink = FakeSink(hangs=("online",))
    one = writer(sink, mode="online", start=60.0, close=0.5)
    one.close(FINISH)
    assert sink.calls == ["online", "offline", FINISH]


@pytest.mark.parametrize("where", ["offline", "send", "finish"])
def test_an_error_is_told_once_and_switches_tracking_off(where: str, caplog: pytest.LogCaptureFixture):
    sink = FakeSink(fails={where: "disk full, hush"})
    one = writer(sink)
    one.write(row(0))
    one.close(FINISH)
    one.write(row(1))
    one.close(FINISH)
    assert one.off
    assert sink.killed.is_set()
    assert len(caplog.records) == 1
    assert "W&B tracking stopped: disk full, ***. The search and its journal are not affected" in caplog.text
    assert ("choose tracking=none" in caplog.text) == (where == "offline")
    assert ("nasray track sync wandb/offline-run" in caplog.text) == (where != "offline")


@pytest.mark.parametrize("where", ["send", "finish"])
def test_closing_waits_no_longer_than_allowed(where: str, caplog: pytest.LogCaptureFixture):
    sink = FakeSink(hangs=(where,))
    one = writer(sink, close=0.2)
    one.write(row(0))
    began = time.monotonic()
    one.close(FINISH)
    assert time.monotonic() - began < 20.0
    assert sink.killed.is_set()
    assert "closing took longer than 0.2 s" in caplog.text
    assert "nasray track sync wandb/offline-run" in caplog.text


def test_no_offline_run_is_begun_when_closing_has_given_up():
    sink = FakeSink(fails={"online": "killed"})
    one = writer(sink, mode="online")
    one.off = True
    one._run()
    assert sink.calls == ["online"]


def test_an_upload_that_did_not_end_is_explained(caplog: pytest.LogCaptureFixture):
    one = writer(FakeSink(uploads=False), mode="online")
    one.close(FINISH)
    assert "the upload did not end in time" in caplog.text
    assert "nasray track sync wandb/online-run" in caplog.text


def test_writing_never_waits_and_drops_the_oldest():
    sink = FakeSink(hangs=("offline",))
    one = writer(sink, close=0.05)
    began = time.monotonic()
    for step in range(5_000):
        one.write(row(step))
    assert time.monotonic() - began < 20.0
    assert one.dropped >= 5_000 - 1_024 - 1
    one.close(FINISH)
