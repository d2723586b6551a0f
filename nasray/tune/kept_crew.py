"""Workers that stay from one search to the next; imports Ray only when some are hired."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from nasray.tune.crew import Crew


class KeptCrew:
    """At most one crew, kept as long as searches want the same workers; its end as a context manager dismisses it.

    A worker takes seconds to start, a short search less than one.

    Args:
        sharing: How many searches share the cluster at a time, each with a crew of its own.
    """

    def __init__(self, sharing: int = 1) -> None:
        """Hire nobody yet."""
        self.sharing = sharing
        self._crew: Crew | None = None
        self._wanted: tuple[int, dict[str, float]] | None = None
        self._hired_at = 0.0

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the workers go."""
        self.dismiss()

    @property
    def hired_seconds(self) -> float:
        """For how long there has been the same crew; 0 without one."""
        return 0.0 if self._crew is None else time.monotonic() - self._hired_at

    @contextmanager
    def at_work(self, size: int, resources: Mapping[str, float]) -> "Generator[Crew]":
        """The crew, of ``size`` workers that hold ``resources`` each; dismissed when its work ends by an exception."""
        wanted = (size, dict(resources))
        if self._wanted != wanted:
            self.dismiss()
        if self._crew is None:
            from nasray.tune.crew import Crew

            self._crew, self._wanted, self._hired_at = Crew(*wanted), wanted, time.monotonic()
        whole = False
        try:
            yield self._crew
            whole = True
        finally:
            if not whole:  # what it was told to do is of no use to the next search
                self.dismiss()

    def dismiss(self) -> None:
        """Leave what the workers hold of the cluster to others."""
        if self._crew is not None:
            crew, self._crew = self._crew, None
            crew.dismiss()
