from dataclasses import replace

import pytest

from nasray.actors.identity import Identity
from nasray.core.errors import ConfigError

RIDGE = Identity.of("ridge", {"b": 1, "a": [2]}, None)


def test_it_is_named_after_the_part_and_its_settings_whatever_their_order():
    assert Identity.of("ridge", {"a": [2], "b": 1}, None) == RIDGE
    assert RIDGE.name == f"ridge-{RIDGE.configuration}"
    assert Identity.of("ridge", {"a": [3], "b": 1}, None).name != RIDGE.name
    assert Identity.of("ridge", {"a": [2], "b": 1}, "mine").name == "mine"


def test_a_client_of_another_version_is_refused():
    with pytest.raises(ConfigError, match=r"its client is nasray 0\.0\.0; they must be equal: stop it"):
        RIDGE.admit(replace(RIDGE, version="0.0.0"))


def test_a_client_of_another_configuration_is_refused():
    with pytest.raises(ConfigError, match=r"but its client wants other; they must be equal: .* another host\.name"):
        RIDGE.admit(replace(RIDGE, configuration="other"))


def test_its_own_client_is_admitted():
    RIDGE.admit(Identity.of("ridge", {"b": 1, "a": [2]}, None))
