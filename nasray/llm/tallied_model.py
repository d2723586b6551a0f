"""A language model whose use by one run is written down beside that run."""

import json
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Self, TextIO

from nasray.llm.call_error import CallError
from nasray.llm.language_model import LanguageModel
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.llm.tally import Tally, read_tally


@dataclass(kw_only=True)
class TalliedModel:
    """A language model around another, for one run: what it asked, what that cost, and what could not be used.

    The ledger of a cache holds all runs that share it; this file holds one run, whichever process or host served it,
    and goes on where an earlier process of the run ended. Safe for threads of one process. Nothing is opened before
    the first request.

    Args:
        inner: Who answers.
        path: A file of the run folder, one JSON object a line: keys of requests, never their text.
    """

    inner: LanguageModel
    path: Path

    def __post_init__(self) -> None:
        """Open nothing yet."""
        self._lock = Lock()
        self._file: TextIO | None = None

    @property
    def model(self) -> str:
        """The name that requests must bear."""
        return self.inner.model

    @property
    def concurrency(self) -> int:
        """Most requests worth sending at once."""
        return self.inner.concurrency

    def complete(self, request: Request) -> Reply:
        """The reply of the inner model.

        Raises:
            NasrayError: As the inner model.
        """
        try:
            reply = self.inner.complete(request)
        except CallError as error:
            self._write({"what": "failed", "key": request.key, "kind": error.kind})
            raise
        cost = {name: getattr(reply, name) for name in ("source", "hit", "prompt_tokens", "completion_tokens", "usd")}
        self._write({"what": "reply", "key": request.key, **cost})
        return reply

    def refused(self, request: Request, kind: str) -> None:
        """Take note that the reply to ``request`` could not be used."""
        self._write({"what": "refused", "key": request.key, "kind": kind})

    def unanswered(self, request: Request) -> None:
        """Take note that no reply to ``request`` could be used, re-asks included."""
        self._write({"what": "unanswered", "key": request.key})

    def tally(self) -> Tally:
        """The run's totals so far."""
        return read_tally(self.path)

    def close(self) -> None:
        """Close the file, and the inner model with its own."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
        self.inner.close()

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Copies of a part share it: the run has one tally."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without lock and file."""
        return _tallied, (self.inner, self.path)

    def _write(self, event: dict[str, Any]) -> None:
        with self._lock:
            if self._file is None:
                self._file = _opened(self.path)
            self._file.write(json.dumps(event) + "\n")
            self._file.flush()


def _tallied(inner: LanguageModel, path: Path) -> TalliedModel:
    return TalliedModel(inner=inner, path=path)


def _opened(path: Path) -> TextIO:
    """The file, behind whatever an earlier process wrote; a torn last line is ended first."""
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    file = path.open("a", encoding="utf-8")
    if torn:
        file.write("\n")
    return file
