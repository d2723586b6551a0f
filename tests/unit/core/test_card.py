"""Cards: what leaks, what is refused, and that nothing is lost on the way to JSON."""

import pytest

from nasray.core.card import Card, Seen, space_name
from nasray.core.errors import ConfigError, DataError
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

SPACE = NasBench201(channels=2, cells_per_stage=1)
OTHER = TransNasMicro(channels=2, stem_halvings=0)
CARD = Card(
    "gcn_x", "python make.py", (Seen(space_name(SPACE), "nasbench201", "cifar10_valid_200", 10),), {"seeds": [0]}
)


def test_a_card_survives_json():
    assert Card.from_json(CARD.to_json()) == CARD


def test_the_same_cells_leak_whatever_the_table():
    with pytest.raises(ConfigError, match=r"gcn_x was trained on nasbench201.cifar10_valid_200.*leak=allow"):
        CARD.guard(SPACE, "refuse")
    assert CARD.guard(SPACE, "allow") is True


def test_the_same_table_leaks_whatever_the_cells():
    assert CARD.guard(OTHER, "refuse") is False
    assert CARD.leaks(OTHER, ["nasbench201"]) == CARD.seen
    with pytest.raises(ConfigError, match="gcn_x was trained on"):
        CARD.guard(OTHER, "refuse", ["nasbench201"])


def test_an_unknown_policy_is_refused():
    with pytest.raises(ConfigError, match=r"leak \('maybe'\) must be refuse or allow"):
        CARD.guard(OTHER, "maybe")


def test_what_is_no_card_is_refused():
    with pytest.raises(DataError, match="it must have name, command and seen"):
        Card.from_json({"name": "x"})
