"""What the terminal shows, word for word; the clock is the test's."""

import io
import re
from collections.abc import Iterator

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.tracking.progress import Progress, duration_text, rate_text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "25")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return


def describe(architecture: Architecture) -> str:
    return f"|cell~{architecture.key}|"


def unstyled(drawn: str) -> str:
    """``drawn`` without colours and without hiding and showing the cursor."""
    return re.sub(r"\x1b\[([0-9;]*m|\?25[lh])", "", drawn)


def outcomes(first: int, stop: int) -> list[Outcome]:
    """Every fifth fails; the others are worth their slot."""
    return [
        Outcome(
            Proposal(slot, Architecture((slot,))),
            Failure("timeout", "slow") if slot % 5 == 4 else Measurement(slot / 8),
        )
        for slot in range(first, stop)
    ]


def progress(stream: io.StringIO, clock: Clock, **changes: object) -> Progress:
    fields = {"total": 1200, "metric": "valid accuracy (%)", "describe": describe, "stream": stream, "clock": clock}
    return Progress(**{**fields, **changes})


def test_plain_lines(clock: Clock):
    stream = io.StringIO()
    shown = progress(stream, clock)
    for tenth in range(1, 121):  # 10 slots every 0.1 s
        clock.now = 1000.0 + tenth / 10
        shown.told(outcomes(10 * (tenth - 1), 10 * tenth))
    shown.close({"stopped": "budget"})
    assert stream.getvalue().splitlines() == [
        "500/1,200  100/s  0:07 left  100 failed  best valid accuracy (%) 62.25  |cell~498|",
        "1,000/1,200  100/s  0:02 left  200 failed  best valid accuracy (%) 124.75  |cell~998|",
        "1,200/1,200 evaluations in 0:12  stopped: budget  240 failed  best valid accuracy (%) 149.75  |cell~1198|",
    ]


def test_a_predictor_that_was_stopped_is_told_of_at_the_end(clock: Clock):
    stream = io.StringIO()
    shown = progress(stream, clock)
    notes = {"screened": {"candidate": 0, "stopped": "the same score (7) for the last 30 candidates"}}
    shown.told([Outcome(Proposal(0, Architecture((0,)), notes=notes), Measurement(1.0))])
    shown.close({})
    assert stream.getvalue().splitlines()[-1] == (
        "screened: the predictor was stopped at slot 0, because it gave the same score (7) for the last 30 candidates"
    )


def test_nothing_measured_yet(clock: Clock):
    stream = io.StringIO()
    shown = progress(stream, clock)
    clock.now += 5
    shown.told([Outcome(Proposal(0, Architecture((0,))), Failure("exception", "no"))])
    shown.close({})
    assert stream.getvalue().splitlines() == [
        "1/1,200  12.0/min  1:39:55 left  1 failed  best valid accuracy (%) -",
        "1/1,200 evaluations in 0:05  1 failed  best valid accuracy (%) -",
    ]


def test_what_an_earlier_process_did_is_shown_but_is_no_speed(clock: Clock):
    stream = io.StringIO()
    shown = progress(stream, clock, resume_from_slot=1000)
    shown.told(outcomes(0, 1000))
    clock.now += 10
    shown.told(outcomes(1000, 1020))
    assert (
        stream.getvalue() == "1,020/1,200  2.0/s  1:30 left  204 failed  best valid accuracy (%) 127.25  |cell~1018|\n"
    )


def test_a_terminal_has_one_line_that_is_redrawn_twice_a_second(clock: Clock):
    stream = Terminal()
    shown = progress(stream, clock)
    for step in range(1, 101):  # 100 calls in one second
        clock.now = 1000.0 + step / 100
        shown.told(outcomes(6 * (step - 1), 6 * step))
    assert [line.strip("\r\n") for line in unstyled(stream.getvalue()).split("\x1b[2K")] == [
        "6/1,200 ──────────────────── 600/s 0:02 left 1 failed best 0.625 |cell~5|",
        "306/1,200 ━━━━━─────────────── 600/s 0:01 left 61 failed best 38.125 |cell~305|",
    ]
    shown.close({"stopped": "budget"})
    assert stream.getvalue().endswith(
        "600/1,200 evaluations in 0:01  stopped: budget  120 failed  best valid accuracy (%) 74.75  |cell~598|\n"
    )
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")  # the cursor is back


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "…"), ("ascii", "x")])
def test_a_long_cell_stays_on_its_line(encoding: str, end: str, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    raw = io.BytesIO()

    class Wrapped(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    stream = Wrapped(raw, encoding=encoding)
    shown = progress(stream, clock, describe=lambda architecture: "x" * 300)
    shown.told(outcomes(0, 10))
    stream.flush()
    line = unstyled(raw.getvalue().decode(encoding)).strip("\r\n")
    assert len(line) == 80
    assert line.endswith(end)


def test_a_dumb_terminal_gets_plain_lines(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    shown = progress(stream, clock)
    clock.now += 5
    shown.told(outcomes(0, 10))
    assert stream.getvalue() == "10/1,200  2.0/s  9:55 left  2 failed  best valid accuracy (%) 1  |cell~8|\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_broken_stream_ends_the_drawing_not_the_search(terminal: bool, clock: Clock):
    stream = Terminal() if terminal else io.StringIO()
    shown = progress(stream, clock)
    stream.close()
    shown._terminal = terminal
    for _ in range(2):
        clock.now += 5
        shown.told(outcomes(0, 10))
    shown.close({})


def test_a_silly_interval_is_refused(clock: Clock):
    with pytest.raises(ConfigError, match=r"every_seconds \(0\) of the progress must be positive"):
        progress(io.StringIO(), clock, every_seconds=0)


@pytest.mark.parametrize(
    ("per_second", "text"),
    [(0, "-/s"), (12_345.6, "12,346/s"), (99.94, "99.9/s"), (0.5, "30.0/min"), (0.01, "36.0/h")],
)
def test_rate_text(per_second: float, text: str):
    assert rate_text(per_second) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (3661, "1:01:01")])
def test_duration_text(seconds: float, text: str):
    assert duration_text(seconds) == text
