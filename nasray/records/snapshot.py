"""A journal's prefix in columns: snapshots only shorten the replay; the journal is the truth.

A snapshot holds what ``read_journal`` made of a prefix, and the checksum of that prefix. It is used only when the
journal still begins with those very bytes, so that a snapshot that is missing, damaged or of another journal costs
time and nothing else. Both ways end in the same million objects, so the gain is about two: 200,000 slots are read in
1.6-1.9 s instead of 3.4-3.9 s at width 1 (14 MB instead of 43), in 1.5 s instead of 2.9 s at width 64.
"""

import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from nasray.core.architecture import Architecture
from nasray.core.atomic import write_atomically
from nasray.core.event_log import Past
from nasray.core.measurement import result_from_json, result_to_json
from nasray.core.proposal import Proposal
from nasray.records.schema import SCHEMA
from nasray.records.tail import Tail

_COMMON = {"slot", "genes", "op", "parents"}
_N_MARK = len(b"01234567\n")


def write_snapshot(path: Path, past: Past, tail: Tail) -> None:
    """Keep ``past``, which is what the journal up to ``tail`` says.

    Raises:
        OSError: The disk refuses; the snapshot that was there before is untouched.
    """
    body = orjson.dumps({"schema": SCHEMA, "tail": asdict(tail), **_columns(past)})
    write_atomically(path, b"%08x\n" % zlib.crc32(body) + body)


def read_snapshot(path: Path) -> tuple[Past, Tail] | None:
    """What ``write_snapshot`` kept; None when there is nothing that can be trusted."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    body = memoryview(content)[_N_MARK:]
    if content[:_N_MARK] != b"%08x\n" % zlib.crc32(body):
        return None
    data = orjson.loads(body)
    return (_past(data), Tail(**data["tail"])) if data["schema"] == SCHEMA else None


def _columns(past: Past) -> dict[str, Any]:
    """Proposals and results field by field; a proposal with rare fields is kept whole beside the columns."""
    proposals = [proposal for _, asked in past.asks for proposal in asked]
    written = [one.to_json() for one in proposals]
    return {
        "asks": [(told, len(asked)) for told, asked in past.asks],
        "slots": [one.slot for one in proposals],
        "genes": [one.architecture.genes for one in proposals],
        "operations": [one.operation for one in proposals],
        "parents": [one.parents for one in proposals],
        "rare": [(i, whole) for i, whole in enumerate(written) if not whole.keys() <= _COMMON],
        "result_slots": list(past.results),
        "results": [result_to_json(result) for result in past.results.values()],
        "stopped": past.stopped,
        "wall_seconds": past.wall_seconds,
    }


def _past(data: dict[str, Any]) -> Past:
    """Inverse of ``_columns``."""
    genes, parents = map(tuple, data["genes"]), map(tuple, data["parents"])
    proposals = list(map(Proposal, data["slots"], map(Architecture, genes), data["operations"], parents))
    for i, whole in data["rare"]:
        proposals[i] = Proposal.from_json(whole)
    asks: list[tuple[int, list[Proposal]]] = []
    first = 0
    for told, n in data["asks"]:
        asks.append((told, proposals[first : first + n]))
        first += n
    results = dict(zip(data["result_slots"], map(result_from_json, data["results"]), strict=True))
    return Past(asks, results, data["stopped"], data["wall_seconds"])
