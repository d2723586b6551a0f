"""How fast a search is going."""

from collections import deque

WINDOW_SAMPLES = 64
SAMPLE_SECONDS = 0.5


class RecentRate:
    """Candidates per second over a sliding window.

    A sample is kept every half second at most, and 64 of them: a search that is looked at often is averaged over 32
    seconds, one whose candidates take minutes over its last 64 arrivals.

    Args:
        now: Monotonic seconds at the start.
        done: Slots that were done before; a resumed search must not count them as its own speed.
    """

    def __init__(self, now: float, done: int) -> None:
        self._samples: deque[tuple[float, int]] = deque([(now, done)], maxlen=WINDOW_SAMPLES)

    def note(self, now: float, done: int) -> None:
        """Tell that ``done`` slots are done at ``now``."""
        last = self._samples[-1]
        if now - last[0] >= SAMPLE_SECONDS and done > last[1]:
            self._samples.append((now, done))

    def per_second(self, now: float, done: int) -> float:
        """The rate from the oldest sample to ``now``; 0 before anything is known."""
        then, before = self._samples[0]
        return max(done - before, 0) / (now - then) if now > then else 0.0
