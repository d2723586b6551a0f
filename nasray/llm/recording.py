"""Replies in a file that can be kept beside an experiment: one JSON object a line, with its request or its key."""

import json
from collections.abc import Iterable
from pathlib import Path

from nasray.core.atomic import write_atomically
from nasray.core.errors import ConfigError, DataError, RecordError
from nasray.llm.ledger import read_only
from nasray.llm.reply import Reply
from nasray.llm.request import Request


def read_recording(path: Path) -> dict[str, Reply]:
    """Key of a request -> its reply.

    Raises:
        DataError: The file is missing, or no recording.
    """
    found: dict[str, Reply] = {}
    try:
        with path.expanduser().open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    data = json.loads(line)
                    key = str(data["key"]) if "key" in data else Request.from_json(data["request"]).key
                    found[key] = Reply.from_json(data["reply"])
                except (ValueError, KeyError, TypeError) as error:
                    raise DataError(
                        f"line {number} of the recording {path} is no request with its reply ({error}); record it "
                        "again by `nasray llm record CACHE RECORDING`"
                    ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"the recording {path} cannot be read ({error}); give the file that `nasray llm record` wrote"
        ) from error
    return found


def write_recording(path: Path, replies: Iterable[tuple[Request, Reply]], *, prompts: bool = True) -> int:
    """Write requests and replies, in the order of their keys; how many there are.

    Latencies and costs are left out, so that the same conversation gives the same file. Without ``prompts``, requests
    are named by their keys alone: a tenth of the size, for prompts that a program makes again.

    Raises:
        ConfigError: The path can have no file; what was there is as it was.
    """
    kept, lines = sorted(replies, key=lambda pair: pair[0].key), list[str]()
    for request, reply in kept:
        said = {**reply.to_json(), "latency_seconds": 0.0, "usd": None, "hit": False}
        asked = {"request": request.to_json()} if prompts else {"key": request.key}
        lines.append(json.dumps({**asked, "reply": said}, ensure_ascii=False) + "\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, "".join(lines).encode())
    except OSError as error:
        raise ConfigError(f"the recording {path} cannot be written ({error}); choose another path") from error
    return len(kept)


def cached_replies(path: Path) -> list[tuple[Request, Reply]]:
    """Everything that the cache at ``path`` keeps.

    Raises:
        RecordError: There is no cache, or it cannot be read.
    """
    with read_only(path) as connection:
        rows = connection.execute("SELECT request, reply FROM replies ORDER BY key").fetchall()
    try:
        return [(Request.from_json(json.loads(asked)), Reply.from_json(json.loads(said))) for asked, said in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(
            f"the cache {path} has a row that is no reply ({error}); move it away and ask again"
        ) from error
