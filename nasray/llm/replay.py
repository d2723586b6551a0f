"""Replies from a recording, and from nowhere else."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nasray.llm.call_error import CallError
from nasray.llm.recording import read_recording
from nasray.llm.reply import Reply
from nasray.llm.request import Request


@dataclass(kw_only=True)
class Replay:
    """Says again what another client said; what was not recorded is an error.

    Args:
        model: The name of the model that was recorded.
        recording: A file that ``nasray llm record`` wrote.
    """

    model: str
    recording: Path | str

    @property
    def source(self) -> str:
        """That it is a replay, and of what."""
        return f"replay {Path(self.recording).name}"

    def complete(self, request: Request) -> Reply:
        """What was recorded; its source is that of the client that was recorded.

        Raises:
            CallError: It was not recorded.
            DataError: The recording cannot be read.
        """
        if (reply := self._replies.get(request.key)) is None:
            raise CallError(
                f"{self.recording} has no reply to request {request.key[:12]} of model {request.model!r} ("
                f"{request.messages[-1].content[:60]!r}, temperature {request.temperature:g}, sample {request.sample}"
                "); to record it, run the same with the real client (language_model=openai), then "
                f"`nasray llm record CACHE {self.recording}`",
                kind="not_recorded",
            )
        return reply

    @cached_property
    def _replies(self) -> dict[str, Reply]:
        return read_recording(Path(self.recording))
