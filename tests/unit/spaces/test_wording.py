"""Sentences for operators."""

import pytest

from nasray.core.errors import CapabilityError
from nasray.spaces.wording import describe_operators


def test_three_lengths():
    said = describe_operators(["nor_conv_3x3", "avg_pool_3x3"])
    assert said["nor_conv_3x3"]["short"] == "Convolution 3 by 3"
    assert said["avg_pool_3x3"]["medium"] == "Average pooling with a 3 by 3 window"
    assert list(said["nor_conv_3x3"]) == ["short", "medium", "long"]


def test_an_operator_nobody_has_described():
    with pytest.raises(CapabilityError, match=r"operators \['warp'\] have no description; add their sentences"):
        describe_operators(["input", "warp"])
