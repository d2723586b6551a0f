"""Builds the language model of a run: in this process, or as the client of a host."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasray.actors.identity import Identity
from nasray.app.hosting import is_hosted, recipe_of
from nasray.app.parts import asking, constructor_of
from nasray.app.schema import RunConfig
from nasray.core.errors import CapabilityError, ConfigError, require
from nasray.llm.language_model import LanguageModel
from nasray.llm.metered_model import MeteredModel
from nasray.llm.tallied_model import TalliedModel

TALLY = "language_model.jsonl"
"""In the run folder: what the run asked, by the keys of requests."""

_CAPS = ("usd", "tokens", "calls")
_CHANGEABLE: Mapping[str, type] = {
    "caps.usd": float,
    "caps.tokens": int,
    "caps.calls": int,
    "client.base_url": str,
    "client.key_variable": str,
    "client.timeout_seconds": float,
    "limiter.requests_per_minute": float,
    "limiter.tokens_per_minute": float,
}
"""What no reply depends on, and no request's key, by the kind of its value: limits, and how the server is reached."""


def language_model_of(config: RunConfig, users: Sequence[Any], folder: Path) -> TalliedModel | None:
    """The language model that ``config`` names; None where it names none and nobody asks for one. Nothing is opened.

    Args:
        config: The run's configuration.
        users: Configurations of the parts that may ask for a language model.
        folder: The run folder.

    Raises:
        CapabilityError: A part asks for a language model, and none is named.
        ConfigError: One is named, and no part asks for it; or its settings are impossible.
    """
    settings, names = config.language_model, [name for user in users for name in asking(user, "language_model")]
    if settings is None:
        if names:
            raise CapabilityError(
                f"{names[0]} needs a language model and got none; choose one: language_model=local_server, openai, "
                "transformers or replay, or language_model=fake to see whether everything works"
            )
        return None
    require(
        bool(names),
        "a language model is chosen, but no part of the run asks for one; choose a part that does, e.g. "
        "predictor=language_model with strategy=screened, or language_model=null",
    )
    constructor = constructor_of(settings, {})
    service = constructor()  # here at least for its checks
    if not isinstance(service, MeteredModel):
        raise ConfigError(f"language_model _target_ ({settings.get('_target_')}) must be {MeteredModel.__name__}")
    inner = _client(config, settings, service) if is_hosted(config) else service
    return TalliedModel(inner=inner, path=folder / TALLY)


def ledger_of(config: RunConfig) -> dict[str, str] | None:
    """Where the cache and the ledger are that a run shares with others; None for a run without a language model."""
    return None if config.language_model is None else {"ledger": str(config.language_model["path"])}


def with_changes(raw: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """A run's configuration with other limits on its language model, or another way to its server.

    That is all that may change when a run is resumed: no reply depends on it.

    Args:
        raw: The recorded configuration; not changed.
        words: ``language_model.caps.calls=300``, ``language_model.client.base_url=http://…`` and the like; ``null``
            for no limit, or no key.

    Raises:
        ConfigError: A word says something else, or the run's language model has no such setting.
    """
    model = raw.get("language_model")
    for word in words:
        key, _, value = word.partition("=")
        name = key.removeprefix("language_model.")
        require(
            name != key and name in _CHANGEABLE and bool(value),
            f"{word!r} cannot be changed in a run that has begun; only ray.address=… and language_model."
            f"{'=…, .'.join(_CHANGEABLE)}=… can",
        )
        part, _, field = name.partition(".")
        changed = {field: _value(word, value, _CHANGEABLE[name])}
        if model is None or field not in (model.get(part) or {}):
            none = "no language model" if model is None else f"a language model without {name}"
            raise ConfigError(f"{word!r} has no effect: the run has {none}; take it away")
        model = {**model, part: {**model[part], **changed}}
    return dict(raw) if model is None else {**raw, "language_model": model}


def asking_nobody(raw: dict[str, Any]) -> dict[str, Any]:
    """A run's configuration whose language model repeats what it said, and cannot be paid again.

    It does so in this process, wherever it lived: a host has the caps that it was started with.
    """
    model, host = raw.get("language_model"), raw.get("host")
    if model is None:
        return raw
    here = {} if host is None else {"host": {**host, "where": "local"}}
    caps = {**model["caps"], **dict.fromkeys(_CAPS), "calls": 0}
    return {**raw, **here, "language_model": {**model, "caps": caps}}


def _value(word: str, value: str, kind: type) -> float | str | None:
    if value == "null":
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise ConfigError(f"{word!r} must give {'a whole number' if kind is int else 'a number'}, or null") from error


def _host_name(service: MeteredModel) -> str:
    """After the file that the host owns: with other settings, another host of the same file would be refused by it."""
    return f"language-model-{hashlib.sha256(str(service.path).encode()).hexdigest()[:8]}"


def _client(config: RunConfig, settings: Mapping[str, Any], service: MeteredModel) -> LanguageModel:
    """Imports Ray only here: without a host, a run over a table does without."""
    from nasray.actors.remote_language_model import RemoteLanguageModel

    identity = Identity.of("language-model", {"language_model": settings}, _host_name(service))
    factory = constructor_of(settings, {})
    recipe = recipe_of(config, identity, factory, method="answers", batch_size=service.concurrency, on_head=True)
    return RemoteLanguageModel(identity=identity, model=service.model, concurrency=service.concurrency, recipe=recipe)
