"""How a search is getting on, in the terminal."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from nasray.analysis.predictor_stops import PredictorStops
from nasray.analysis.trade_off import NOTHING, TradeOff
from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.measurement import Outcome
from nasray.tracking.recent_rate import RecentRate
from nasray.tracking.tally import Tally

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

REDRAW_SECONDS = 0.5
BAR_WIDTH = 20


def rate_text(per_second: float) -> str:
    """A rate with a unit that leaves some digits before the point."""
    if per_second <= 0:
        return "-/s"
    if per_second >= 1:
        return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"
    return f"{60 * per_second:.1f}/min" if per_second >= 1 / 60 else f"{3600 * per_second:.1f}/h"


def duration_text(seconds: float) -> str:
    """Hours, minutes and seconds, as a clock shows them."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


@dataclass(kw_only=True)
class Progress:
    """Slots, speed, time left, failures and the best so far: one live line in a terminal, else a line now and then.

    An Observer. Whatever goes wrong while drawing (a closed stream, a terminal that cannot show a character) ends the
    drawing, not the search.

    Attributes:
        total: Slots of the search.
        metric: What the value is, with its unit.
        describe: The written form of an architecture.
        stream: Where to draw, usually standard error.
        trade_off: The search's constraints: what breaks one is not the best so far.
        resume_from_slot: Slots below were done by an earlier process and say nothing about today's speed.
        every_seconds: Between two lines, where there is no terminal.
        clock: Monotonic seconds.

    Raises:
        ConfigError: ``every_seconds`` is not positive.
    """

    total: int
    metric: str
    describe: Callable[[Architecture], str]
    stream: TextIO
    trade_off: TradeOff = NOTHING
    resume_from_slot: int = 0
    every_seconds: float = 5.0
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Start the clock; draw nothing yet."""
        require(self.every_seconds > 0, f"every_seconds ({self.every_seconds}) of the progress must be positive")
        self._tally = Tally(self.trade_off)
        self._stops = PredictorStops()
        self._uncounted: list[Outcome] = []  # counted when something is drawn: a call a slot must cost next to nothing
        self._began = self.clock()
        self._rate = RecentRate(self._began, self.resume_from_slot)
        self._terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self._draw_at = self._began + (0.0 if self._terminal else self.every_seconds)
        self._live: Live | None = None
        self._off = False

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note, and draw if it is time."""
        self._uncounted.extend(outcomes)
        now = self.clock()
        if now < self._draw_at:
            return
        self._count()
        self._rate.note(now, self._tally.done)
        self._draw_at = now + (REDRAW_SECONDS if self._terminal else self.every_seconds)
        self._draw(self._redraw if self._terminal else self._print_line, now)

    def close(self, summary: Mapping[str, Any]) -> None:
        """Say how it ended."""
        self._count()
        self._draw(self._print_end, summary)

    def _count(self) -> None:
        self._tally.add(self._uncounted)
        self._stops.add(self._uncounted)
        self._uncounted.clear()

    def _draw(self, how: Callable[[Any], None], what: object) -> None:
        if self._off:
            return
        try:
            how(what)
        except Exception:  # noqa: BLE001 - the documented boundary: a broken terminal must never end a search
            self._off = True

    def _numbers(self, now: float) -> tuple[str, str, str, str]:
        done = self._tally.done
        rate = self._rate.per_second(now, done)
        left = f"{duration_text((self.total - done) / rate)} left" if rate > 0 else "- left"
        return f"{done:,}/{self.total:,}", rate_text(rate), left, f"{self._tally.failures:,} failed"

    def _best(self) -> tuple[str, str]:
        best = self._tally.best
        return (f"{best.value:.5g}", self.describe(best.proposal.architecture)) if best else ("-", "")

    def _print_line(self, now: float) -> None:
        value, text = self._best()
        self._print(*self._numbers(now), f"best {self.metric} {value}", text)

    def _redraw(self, now: float) -> None:
        live = self._live = self._live or self._new_live()
        live.update(self._line(now), refresh=True)

    def _new_live(self) -> "Live":
        from rich.console import Console
        from rich.live import Live

        # NOTE: no thread and no redirection, so that a search that crashes without closing leaves a sane terminal
        console = Console(file=self.stream, force_terminal=True, force_jupyter=False)
        live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
        live.start()
        console.show_cursor(True)
        return live

    def _line(self, now: float) -> "Text":
        """One line by hand: a table of rich takes four times as long to draw."""
        from rich.text import Text

        slots, rate, left, failed = self._numbers(now)
        value, text = self._best()
        filled = min(BAR_WIDTH * self._tally.done // self.total, BAR_WIDTH)
        unicode = (getattr(self.stream, "encoding", None) or "utf-8").lower().startswith("utf")
        full, empty = ("━", "─") if unicode else ("#", "-")
        return Text.assemble(
            f"{slots} ",
            (full * filled, "green"),
            (empty * (BAR_WIDTH - filled), "dim"),
            (f" {rate}", "cyan"),
            f" {left} ",
            (failed, "red" if self._tally.failures else "dim"),
            (f" best {value} ", "bold green"),
            (text, "dim"),
            no_wrap=True,
            overflow="ellipsis" if unicode else "crop",
        )

    def _print_end(self, summary: Mapping[str, Any]) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        value, text = self._best()
        seconds = self.clock() - self._began
        self._print(
            f"{self._tally.done:,}/{self.total:,} evaluations in {duration_text(seconds)}",
            *([f"stopped: {summary['stopped']}"] if summary.get("stopped") else []),
            f"{self._tally.failures:,} failed",
            f"best {self.metric} {value}",
            text,
        )
        for sentence in self._stops.sentences:
            self._print(sentence)

    def _print(self, *parts: str) -> None:
        print("  ".join(parts).rstrip(), file=self.stream, flush=True)
