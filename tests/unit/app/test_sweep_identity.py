"""The name of a sweep whose folder nobody names."""

from nasray.app.sweep_identity import _name


def test_the_order_of_overrides_is_not_in_the_name_of_a_sweep():
    words = ("strategy=a,b", "seed=0,1", "width=4")
    name = _name({}, words)
    assert name == _name({}, words[::-1])
    assert name.startswith("seed-strategy-")
    assert name != _name({}, words[:2])
