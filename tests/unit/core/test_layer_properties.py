"""One layer as text and back; what is no layer is refused."""

import pytest

from nasray.core.errors import ConfigError, DataError
from nasray.core.layer_properties import PROPERTIES, LayerProperties

CONV = {
    "family": "conv",
    "id": 3,
    "in_size": (4, 9, 8),
    "out_size": (6, 5, 4),
    "kernel": (3, 3),
    "stride": (2, 2),
    "padding": (1, 1, 1, 1),
    "dilation": 1,
    "groups": 2,
    "bias_used": False,
}
POOL = {
    "family": "pooling",
    "id": 0,
    "type": "max",
    "in_size": (4, 5, 5),
    "out_size": (4, 3, 3),
    "kernel": (2, 2),
    "stride": (2, 2),
    "padding": (0, 1, 0, 1),
    "dilation": 1,
}
FC = {"family": "fc", "id": 9, "in_size": (32, 1, 1), "out_size": (10, 1, 1), "bias_used": True}
CONCAT = {
    "family": "other",
    "id": 1,
    "name": "concat",
    "in_size": (5, 4, 4),
    "out_size": (5, 4, 4),
    "value": (2, 3),
}
TEXTS = [
    (
        CONV,
        "conv id=3 in_size=4,9,8 out_size=6,5,4 kernel=3,3 stride=2,2 padding=1,1,1,1 dilation=1 groups=2 "
        "bias_used=false",
    ),
    (POOL, "pooling id=0 type=max in_size=4,5,5 out_size=4,3,3 kernel=2,2 stride=2,2 padding=0,1,0,1 dilation=1"),
    (FC, "fc id=9 in_size=32,1,1 out_size=10,1,1 bias_used=true"),
    (CONCAT, "other id=1 name=concat in_size=5,4,4 out_size=5,4,4 value=2,3"),
    ({**CONCAT, "name": "relu", "value": ()}, "other id=1 name=relu in_size=5,4,4 out_size=5,4,4 value="),
]


def test_there_are_twelve_properties():
    assert len(PROPERTIES) == 12
    assert set(PROPERTIES) | {"family"} == set(LayerProperties.__dataclass_fields__)


@pytest.mark.parametrize(("properties", "text"), TEXTS, ids=lambda one: one if isinstance(one, str) else "")
def test_text_goes_there_and_back(properties, text):
    layer = LayerProperties(**properties)
    assert layer.to_text() == text
    assert LayerProperties.from_text(text) == layer


def test_the_structure_leaves_the_place_out_and_the_operation_the_sizes():
    first, second = (LayerProperties(**{**FC, "id": number}) for number in (1, 2))
    assert first != second
    assert first.structure() == second.structure() == "fc in_size=32,1,1 out_size=10,1,1 bias_used=true"
    assert first.operation() == "fc bias_used=true"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({**FC, "family": "dense"}, r"layer 9 \(dense\): family 'dense' must be one of"),
        ({**FC, "kernel": (1, 1)}, r"layer 9 \(fc\): properties \['kernel'\] are missing or too many"),
        ({**CONV, "groups": None}, r"layer 3 \(conv\): properties \['groups'\] are missing"),
        ({**FC, "in_size": (0, 1, 1)}, "must be positive, and id at least 0"),
        ({**FC, "id": -1}, "must be positive, and id at least 0"),
        ({**CONCAT, "name": "two words"}, "must be one printable word"),
        ({**CONCAT, "name": "a=b"}, "must be one printable word"),
        ({**POOL, "type": ""}, "must be one printable word"),
        ({**CONV, "stride": (0, 1)}, r"stride \(0, 1\) and dilation 1 must be positive"),
        ({**CONV, "padding": (0, 0, 0, -1)}, r"padding \(0, 0, 0, -1\) at least 0"),
        ({**CONV, "out_size": (6, 5, 5)}, r"\(9, 8\) pixels become \(5, 4\) .* but out_size says \(5, 5\)"),
        ({**POOL, "out_size": (5, 3, 3)}, "channels 4 -> 5: a pooling keeps their number"),
        ({**CONV, "groups": 3}, r"channels 4 -> 6: groups \(3\) must divide both"),
    ],
)
def test_what_is_no_layer_is_refused(properties, message):
    with pytest.raises(ConfigError, match=message):
        LayerProperties(**properties)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "layer line '' cannot be read; it must be a family"),
        ("dense id=1", "cannot be read; it must be a family"),
        ("fc id=9 id=9 in_size=32,1,1 out_size=10,1,1 bias_used=true", "each once"),
        ("fc id=9 in_size=32,1,1 out_size=10,1,1 bias_used=true groups=1", "cannot be read; it must be a family"),
        ("fc in_size=32,1,1 out_size=10,1,1 bias_used=true", "correct the line"),
        ("fc id=x in_size=32,1,1 out_size=10,1,1 bias_used=true", "invalid literal.*correct the line"),
        ("fc id=9 in_size=32,1 out_size=10,1,1 bias_used=true", "in_size=32,1 must be 3 numbers"),
        ("fc id=9 in_size=32,1,1 out_size=10,1,1 bias_used=yes", "bias_used=yes must be true or false"),
        ("fc id=9 in_size=0,1,1 out_size=10,1,1 bias_used=true", r"layer 9 \(fc\): in_size"),
        ("fc id=09 in_size=32,1,1 out_size=10,1,1 bias_used=true", "must be written 'fc id=9 "),
    ],
)
def test_lines_that_cannot_be_read_are_refused(text, message):
    with pytest.raises(DataError, match=message):
        LayerProperties.from_text(text)
