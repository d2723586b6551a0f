"""What is recorded of the data that a run reads, and what is found changed later."""

from types import SimpleNamespace

from nasray.app.provenance import changed_data, data_of
from nasray.data.image_sets.digits import Digits

DIGITS = Digits(n_train=5, n_valid=5, seed=0)


def test_images_of_a_wrapped_evaluator_are_recorded():
    wrapper = SimpleNamespace(inner=SimpleNamespace(images=DIGITS))
    (entry,) = data_of({}, wrapper)
    assert entry == {
        "name": "digits",
        "sha256": DIGITS.fingerprint(),
        "provenance": "images of nasray.data.image_sets.digits",
    }


def test_an_evaluator_without_images_records_none():
    assert data_of({}, SimpleNamespace()) == []


def test_changes_are_named_and_what_was_not_recorded_is_passed_over():
    then = [{"name": "a", "sha256": "1"}, {"name": "b", "sha256": "2"}, {"name": "c", "sha256": "3"}]
    now = [{"name": "a", "sha256": "1"}, {"name": "b", "sha256": "9"}, {"name": "new", "sha256": "5"}]
    assert changed_data(then, now) == ["b was 2, now it is 9", "c was 3, now it is not read at all"]
    assert changed_data(now, now) == []
