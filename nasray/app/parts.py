"""Builds the parts of a run from its configuration, in the order of the data."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hydra.errors import HydraException
from hydra.utils import get_class, instantiate

from nasray.core.errors import ConfigError, NasrayError, require
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

    One part at a time and ``_partial_``: Hydra would otherwise copy a live dataclass into a DictConfig.

    Args:
        config: ``_target_`` and settings.
        live: What the run can hand out.
        later: A parameter that the caller will give.
    """
    target = str(config.get("_target_", ""))
    try:
        takes = inspect.signature(get_class(target)).parameters
    except (HydraException, ValueError, ImportError) as error:
        raise ConfigError(
            f"_target_ ({target!r}) cannot be imported: {error}; name a class by its dotted path"
        ) from error
    handed = {name: value for name, value in live.items() if name in takes}
    settings = {name: value for name, value in config.items() if name not in handed and name != "_target_"}
    _check(target, takes, settings, {*handed, later})
    try:
        bound = instantiate({"_target_": target, **settings}, _partial_=True, _convert_="all")
    except HydraException as error:
        if isinstance(error.__cause__, NasrayError):
            raise error.__cause__ from error
        raise ConfigError(f"{target} cannot be built: {error.__cause__ or error}; see its YAML") from error
    bound.keywords.update(handed)
    return bound


def _check(target: str, takes: Mapping[str, inspect.Parameter], given: Mapping[str, Any], handed: set[str]) -> None:
    """Every setting is known, and none is missing."""
    unknown = [name for name in given if name not in takes]
    known = ", ".join(name for name in takes if name not in handed)
    require(not unknown, f"{target} has no setting {', '.join(unknown)}; it has: {known}")
    optional = {name for name, parameter in takes.items() if parameter.default is not inspect.Parameter.empty}
    missing = [name for name in takes if name not in {*given, *handed, *optional}]
    require(
        not missing, f"{target} needs the settings {', '.join(missing)}; give them in its YAML or on the command line"
    )


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
