"""Notices a predictor whose scores tell nothing apart."""

from collections.abc import Sequence

ALIKE = 30
"""So many scores in a row without a difference, and the predictor is not asked any more."""


class ScoreWatch:
    """Counts the latest scores that are all missing, or all the same.

    What it says depends on the scores that it has seen since it forgot, so that a restart can tell it again.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._n = 0
        self._score: float | None = None

    def see(self, scores: Sequence[float | None]) -> None:
        """The next scores, None for one that was no number."""
        for score in scores:
            self._n = self._n + 1 if score == self._score else 1
            self._score = score

    def forget(self) -> None:
        """Begin anew."""
        self._n, self._score = 0, None

    @property
    def useless(self) -> str:
        """What is wrong with the scores, in words; empty while they can be used."""
        if self._n < ALIKE:
            return ""
        if self._score is None:
            return f"no finite score for the last {ALIKE} candidates"
        return f"the same score ({self._score:g}) for the last {ALIKE} candidates"
