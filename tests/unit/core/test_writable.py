"""Text that no file and no server takes becomes one that they take."""

from nasray.core.writable import in_one_line, writable


def test_halves_of_characters_are_spelled_out():
    assert writable("a \ud83d b \U0001f600") == "a \\ud83d b \U0001f600"


def test_an_error_is_one_line_with_its_kind():
    assert in_one_line(ValueError("two\n  lines \udc80")) == "ValueError: two lines \\udc80"
