import pytest

from nasray.actors.batching import Batching, run_padded
from nasray.core.errors import ConfigError


def test_every_batch_has_the_same_size_and_padding_repeats_the_last_item():
    seen = []

    def double(items):
        seen.append(list(items))
        return [2 * item for item in items]

    assert run_padded(double, [1, 2, 3, 4, 5, 6], 4) == [2, 4, 6, 8, 10, 12]
    assert seen == [[1, 2, 3, 4], [5, 6, 6, 6]]


def test_nothing_is_not_run():
    assert run_padded(pytest.fail, [], 4) == []


def test_answers_must_be_as_many_as_items():
    with pytest.raises(ValueError, match="gave 3 answers for 4 items; it must give one each"):
        run_padded(lambda items: items[:3], [1, 2], 4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0, "window_ms": 1}, r"host.batch_size \(0\) must be at least 1"),
        ({"size": 1, "window_ms": -1}, r"host.window_ms \(-1\) must not be negative"),
    ],
)
def test_impossible_batches_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Batching(**settings)
