"""The sliding window, by hand."""

from nasray.tracking.recent_rate import RecentRate


def test_a_steady_rate():
    rate = RecentRate(100.0, 0)
    assert rate.per_second(100.0, 0) == 0.0
    for second in range(1, 11):
        rate.note(100.0 + second, 20 * second)
    assert rate.per_second(110.0, 200) == 20.0
    assert rate.per_second(120.0, 200) == 10.0  # nothing came for ten seconds


def test_old_samples_leave_the_window():
    rate = RecentRate(0.0, 0)
    for second in range(1, 101):
        rate.note(float(second), second if second <= 36 else 36 + 5 * (second - 36))
    assert rate.per_second(100.0, 36 + 5 * 64) == (5 * 63) / 63  # the oldest of 64 samples is second 37


def test_what_an_earlier_process_did_is_no_speed():
    rate = RecentRate(0.0, 1000)
    rate.note(0.0, 1000)
    assert rate.per_second(1.0, 1000) == 0.0
    assert rate.per_second(10.0, 1020) == 2.0
    assert rate.per_second(10.0, 400) == 0.0
