"""Signed JSON."""

from pathlib import Path

import orjson
import pytest

from nasray.core.errors import RecordError
from nasray.records.signature import check_signature, signed

PATH = Path("result.json")
CONTENT = {"schema": 2, "b": [1, 2.5, {"x": (1, 0.1)}], "a": None, "nan": float("nan")}


def read_again(content):
    return orjson.loads(orjson.dumps(content))


def test_what_was_written_is_accepted_in_any_order_of_keys():
    found = read_again(signed(CONTENT))
    check_signature(found, PATH)
    check_signature(dict(reversed(found.items())), PATH)


@pytest.mark.parametrize("change", [{"a": 1}, {"b": []}, {"new": 0}, {"sha256": "0" * 64}, {"schema": 1}])
def test_an_edit_is_refused(change):
    found = {**read_again(signed(CONTENT)), **change}
    with pytest.raises(RecordError, match=r"result.json was edited after it was written: its content has SHA-256 "):
        check_signature(found, PATH)


def test_a_signature_that_was_taken_away_is_missed_where_there_must_be_one():
    with pytest.raises(RecordError, match="but it says None; restore it from a copy"):
        check_signature({"schema": 2}, PATH)
    check_signature({"schema": 1}, PATH)
