import math

import pytest

from nasray.reports.metric import Metric, count, duration, plural, quantity, share, speed

PERCENT, LOSS = Metric("valid accuracy (%)"), Metric("negative valid loss")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


def test_percentages_have_two_decimals():
    assert plain(PERCENT.value(91.5)) == "91.50 %"
    assert plain(PERCENT.distance(-2.305)) == "2.31 points"
    assert plain(PERCENT.change(-0.5)) == "-0.50"
    assert plain(PERCENT.change(0.5)) == "+0.50"


def test_other_quantities_have_four_digits():
    assert plain(LOSS.value(-0.123456)) == "-0.1235"
    assert plain(LOSS.distance(-0.123456)) == "0.1235"


def test_what_was_not_measured_is_a_dash():
    assert PERCENT.value(-math.inf) == "\u2013"
    assert quantity(math.nan) == "\u2013"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.123, "0.12 s"),
        (2.345, "2.3 s"),
        (42.4, "42 s"),
        (123, "2 min 3 s"),
        (7200, "2.0 h"),
        (10 * 86400, "10.0 days"),
    ],
)
def test_durations_are_readable(seconds, text):
    assert plain(duration(seconds)) == text


def test_counts_and_shares():
    assert count(15_625) == "15,625"
    assert plain(share(0.125)) == "12.5 %"
    assert plain(plural(1, "cell")) == "1 cell"
    assert plain(plural(2, "cell")) == "2 cells"
    assert (speed(0.5234), speed(2.777), speed(12_345.6)) == ("0.523", "2.78", "12,346")
    assert quantity(1_073_466.0) == "1,073,466"
    assert quantity(12.34567) == "12.35"
