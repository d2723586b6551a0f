"""The search's end of the line to the W&B process."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import orjson

from nasray.tracking.sink import Message

SCRIPT = Path(__file__).with_name("wandb_process.py")
POLL_SECONDS = 0.2
EXIT_SECONDS = 1.0


def child_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of the W&B process: the user's own settings, and all files under ``folder``."""
    child = {
        # an offline run is uploaded from its staged artifacts: they belong beside it, not in a home folder
        "WANDB_DATA_DIR": str(folder / "data"),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_ERROR_REPORTING": "false",
        **environment,
    }
    child.pop("WANDB_SERVICE", None)  # another program's W&B service is not ours to use
    return child


@dataclass(kw_only=True)
class WandbSink:
    """A ``Sink`` that is a W&B run in a process of its own.

    The API key reaches that process by its environment, never by an argument or a file. When this process dies, the
    other one finishes the run as crashed and ends.

    Attributes:
        folder: Where ``wandb/`` is made.
        init: Arguments of ``wandb.init`` except ``mode`` and ``dir``.
        settings: Arguments of ``wandb.Settings``.
        metrics: Names that are drawn over slots.
        python: The interpreter that has wandb.
    """

    folder: Path
    init: Mapping[str, Any]
    settings: Mapping[str, Any]
    metrics: tuple[str, ...]
    python: str = sys.executable
    _process: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)
    _replies: "queue.SimpleQueue[dict[str, Any]]" = field(default_factory=queue.SimpleQueue, init=False, repr=False)

    def open(self, mode: str, overdue: Callable[[], bool]) -> str:
        """Start the process and wait until its run is open; a process that is still there is ended first."""
        self.kill()
        self._replies = queue.SimpleQueue()
        (self.folder / "wandb").mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [self.python, "-P", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=child_environment(os.environ, self.folder / "wandb"),
            start_new_session=True,  # Ctrl-C ends the search, and the search ends this
        )
        arguments = (self._process.stdout, self._replies)
        threading.Thread(target=_collect, args=arguments, name="nasray-wandb-replies", daemon=True).start()
        init = {**self.init, "mode": mode, "dir": str(self.folder)}
        self.send({"init": init, "settings": dict(self.settings), "metrics": list(self.metrics)})
        return str(self._answer("ready", overdue))

    def send(self, *messages: Message) -> None:
        """Write a line each to the process."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(
                "".join(
                    f"{orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY).decode()}\n" for message in messages
                )
            )
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):  # ValueError: kill() has closed the pipe
            self._answer("nothing", lambda: False)

    def finish(self, message: Message) -> bool:
        """Send the end, wait for the answer, and let the process go."""
        self.send(message)
        uploaded = bool(self._answer("done", lambda: False))
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=EXIT_SECONDS)
        self.kill()
        return uploaded

    def kill(self) -> None:
        """End the process; W&B's own service ends with it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # what was buffered for a dead process
            self._process.stdin.close()

    def _answer(self, key: str, overdue: Callable[[], bool]) -> Any:
        while True:
            try:
                reply = self._replies.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if overdue():
                    raise ConnectionError("W&B did not answer in time") from None
                continue
            if key in reply:
                return reply[key]
            raise ConnectionError(reply.get("error", f"unexpected answer of the W&B process: {reply}"))


def _collect(lines: TextIO, replies: "queue.SimpleQueue[dict[str, Any]]") -> None:
    """Pass answers on until the process ends, and say so."""
    with lines, contextlib.suppress(ValueError):  # a torn last line of a process that was killed
        for line in lines:
            replies.put(json.loads(line))
    replies.put({"error": "the W&B process has ended"})
