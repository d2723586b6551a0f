"""What counts as a secret, and what does not."""

from pathlib import PurePosixPath

import pytest

from nasray.tracking.redaction import REMOVED, secrets_in, without_secrets


@pytest.mark.parametrize("name", ["api_key", "apikey", "WANDB_API_KEY", "token", "HF_TOKEN", "db.password", "secret"])
def test_secret_names_are_removed(name: str):
    assert without_secrets({"a": [{name: "hush"}]}, []) == {"a": [{name: REMOVED}]}


@pytest.mark.parametrize("name", ["max_tokens", "tokenizer", "key", "keys", "monkey", "secretary"])
def test_other_names_stay(name: str):
    assert without_secrets({name: "fine"}, []) == {name: "fine"}


def test_an_unset_key_stays_unset():
    assert without_secrets({"api_key": None}, []) == {"api_key": None}


def test_secret_values_are_removed_wherever_they_are():
    secrets = secrets_in({"A_TOKEN": "12345678", "B_API_KEY": "123456789", "C_TOKEN": "1", "PATH": "/usr/bin"})
    assert secrets == ["123456789", "12345678"]
    assert without_secrets(("x=123456789;y=12345678", 1, 0.5, True, None), secrets) == [
        f"x={REMOVED};y={REMOVED}",
        1,
        0.5,
        True,
        None,
    ]


def test_what_json_cannot_hold_becomes_text():
    assert without_secrets({1: PurePosixPath("a/b")}, []) == {"1": "a/b"}
