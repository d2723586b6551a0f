"""Evenly spaced slots, by hand and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasray.core.errors import ConfigError
from nasray.tracking.slot_marks import SlotMarks


def test_ten_slots_with_four_marks():
    # 10/4, 20/4, 30/4 and 40/4 slots done: after slots 2, 4, 7 and 9
    assert SlotMarks(10, 4).within(0, 10) == [2, 4, 7, 9]


def test_few_slots_are_all_marks():
    assert SlotMarks(3, 300).within(0, 3) == [0, 1, 2]


@given(st.integers(1, 100_000), st.integers(1, 400), st.integers(1, 5_000))
def test_chunks_see_each_mark_once(total: int, limit: int, chunk: int):
    marks = SlotMarks(total, limit)
    chunk = max(chunk, total // 100)
    pieces = [mark for first in range(0, total, chunk) for mark in marks.within(first, min(first + chunk, total))]
    assert pieces == sorted(set(pieces)) == marks.within(0, total)
    assert len(pieces) == min(total, limit)
    assert pieces[-1] == total - 1


@pytest.mark.parametrize(("total", "limit", "what"), [(0, 3, "slots to spread"), (3, 0, "number of slot marks")])
def test_nothing_to_spread_is_refused(total: int, limit: int, what: str):
    with pytest.raises(ConfigError, match=rf"{what}.*\(0\) must be at least 1"):
        SlotMarks(total, limit)
