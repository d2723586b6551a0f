"""Builds the parts of a run from its configuration, in the order of the data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from nasray.app.settings import check_settings, signature_of
from nasray.core.evaluator import Evaluator


def build(config: Mapping[str, Any], /, **live: Any) -> Any:
    """The part that ``config`` describes, handed the live objects that its constructor asks for by name.

    Raises:
        ConfigError: Its ``_target_`` cannot be imported, or it does not take the settings it was given.
        NasrayError: The part refuses a value.
    """
    return constructor_of(config, live)()


def constructor_of(config: Mapping[str, Any], live: Mapping[str, Any], *, later: str = "") -> Callable[..., Any]:
    """The part's constructor with everything bound: settings from ``config``, live objects by parameter name.

    Parts within the part are built at once and are handed the same live objects, except those that it describes itself;
    one that carries ``_partial_: true`` stays a constructor. Hydra's ``instantiate`` is not used: it copies a live
    dataclass into a DictConfig.

    Args:
        config: ``_target_`` and settings.
        live: What the run can hand out.
        later: A parameter that the caller will give.

    Raises:
        ConfigError: As ``build``.
    """
    target = str(config.get("_target_", ""))
    part, takes = signature_of(target)
    handed = {name: value for name, value in live.items() if name in takes and not brings(config, name)}
    settings = {name: value for name, value in config.items() if name not in (*handed, "_target_", "_partial_")}
    check_settings(part, takes, settings, {*handed, later})
    return partial(part, **{name: _built(value, live) for name, value in settings.items()}, **handed)


def brings(config: Mapping[str, Any], name: str) -> bool:
    """Whether a section describes a part of its own under ``name``, which then goes before the run's."""
    own = config.get(name)
    return isinstance(own, Mapping) and "_target_" in own


def asking(settings: Any, name: str) -> list[str]:
    """Names of the classes of ``askers``."""
    return [part.__name__ for part in askers(settings, name)]


def askers(settings: Any, name: str) -> list[type[Any]]:
    """Classes of the parts in ``settings`` whose constructors take ``name`` from the run, outermost first."""
    if isinstance(settings, list):
        return [found for one in cast(list[Any], settings) for found in askers(one, name)]
    if not isinstance(settings, Mapping):
        return []
    section = cast(Mapping[str, Any], settings)
    target = str(section.get("_target_", ""))
    part, takes = signature_of(target) if target else (None, {})
    own = [part] if part and name in takes and not brings(section, name) else []
    return own + [found for one in section.values() for found in askers(one, name)]


def _built(value: Any, live: Mapping[str, Any]) -> Any:
    """A setting, with the parts in it built."""
    if isinstance(value, list):
        return [_built(one, live) for one in cast(list[Any], value)]
    if not isinstance(value, Mapping):
        return value
    section = cast(Mapping[str, Any], value)
    if "_target_" not in section:
        return {name: _built(one, live) for name, one in section.items()}
    constructor = constructor_of(section, live)
    return constructor if section.get("_partial_") else constructor()


@dataclass(frozen=True)
class EvaluatorFactory:
    """Builds an evaluator, and first the one it wraps, in the process that will use them. Pickles as a recipe.

    Args:
        constructor: The evaluator's, everything but ``inner`` bound.
        inner: The factory of the wrapped evaluator, if it wraps one.
    """

    constructor: Callable[..., Evaluator]
    inner: "EvaluatorFactory | None"

    def __call__(self) -> Evaluator:
        """Build."""
        return self.constructor() if self.inner is None else self.constructor(inner=self.inner())


def evaluator_factory(config: Mapping[str, Any], /, **live: Any) -> EvaluatorFactory:
    """The factory that ``config`` describes; an ``inner`` section is a wrapped evaluator.

    Raises:
        ConfigError: As ``build``.
    """
    settings = dict(config)
    wrapped = settings.pop("inner", None)
    inner = None if wrapped is None else evaluator_factory(wrapped, **live)
    return EvaluatorFactory(constructor_of(settings, live, later="inner" if inner else ""), inner)


def table_names(config: Mapping[str, Any]) -> list[str]:
    """Names of the tables that an evaluator's configuration asks for, wrapped evaluators included."""
    own = [str(config["table"])] if config.get("table") else []
    return own + (table_names(config["inner"]) if config.get("inner") else [])


def columns_table_name(config: Mapping[str, Any]) -> str | None:
    """Name of the table that has an evaluator's further columns, a wrapped evaluator's included; None without one."""
    own = config.get("columns_table")
    return str(own) if own else columns_table_name(config["inner"]) if config.get("inner") else None
