"""Whether the settings of a part are those that its constructor takes: names, kinds, nothing missing."""

import inspect
import json
from collections.abc import Mapping, Sequence, Set
from importlib import import_module
from typing import Any, cast, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from nasray.app.wording import nearest, rule
from nasray.core.errors import ConfigError, require
from nasray.core.evaluator import Evaluator
from nasray.core.predictor import Generator, Predictor
from nasray.core.refiner import Refiner
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy

_GROUPS: dict[Any, str] = {
    SearchSpace: "space",
    Strategy: "strategy",
    Evaluator: "evaluator",
    Predictor: "predictor",
    Generator: "generator",
    Refiner: "refiner",
}
"""What a parameter may ask for -> the group of conf/ that has such parts."""

_HANDED = {*_GROUPS.values(), "language_model", "asked", "store", "checkpoint_folder"}
"""Parameters that the run gives."""


def check_tree(path: str, section: Any) -> None:
    """Every part in a section, at any depth, has the settings that it is given; where it takes a part, it is given one.

    Args:
        path: Of the section, e.g. ``strategy``.
        section: Settings, with ``_target_`` where they are those of a part.

    Raises:
        ConfigError: The first rule that is broken, and what to type.
    """
    if isinstance(section, list):
        for number, one in enumerate(cast(list[Any], section)):
            check_tree(f"{path}.{number}", one)
    if not isinstance(section, Mapping):
        return
    settings = cast(Mapping[str, Any], section)
    if "_target_" in settings:
        part, takes = signature_of(str(settings["_target_"]))
        given = {name: value for name, value in settings.items() if name not in ("_target_", "_partial_")}
        away = "; where an experiment set it for another part, take it away by"
        away += "".join(f" ~{path}.{name}" for name in given if name not in takes)
        _check_names(part, takes, given, _HANDED, away)
        for name, value in given.items():
            _check_part(f"{path}.{name}", value, takes[name].annotation)
    for name, one in settings.items():
        check_tree(f"{path}.{name}", one)


def _check_names(
    part: type[Any], takes: Mapping[str, Any], given: Mapping[str, Any], handed: Set[str], remedy: str = ""
) -> None:
    """No setting is unknown."""
    known = [name for name in takes if name not in handed]
    if strange := [name for name in given if name not in takes]:
        close, called = nearest(strange[0], known), ", ".join(strange)
        raise ConfigError(
            f"{part.__name__}: no setting is called {called}{close}; it has: {', '.join(known) or 'none'}{remedy}"
        )


def _check_part(path: str, value: Any, annotation: Any) -> None:
    """Refuse a word where a part is needed: its name is no part yet."""
    asked = _classes(annotation)
    group = next((_GROUPS[one] for one in asked if one in _GROUPS), None)
    bare = (value is None and type(None) not in asked) or isinstance(value, str | int | float)
    require(
        group is None or not bare,
        f"{path} ({value!r}) must be a part with settings of its own; choose one of the group {group} by "
        f"{group}@{path}={'NAME' if value is None else value}",
    )


def _classes(annotation: Any) -> list[Any]:
    """An annotation and all that it is made of."""
    arguments = cast(Sequence[Any], annotation if isinstance(annotation, list) else get_args(annotation))
    return [annotation, *(found for one in arguments for found in _classes(one))]


def signature_of(target: str) -> tuple[type[Any], dict[str, inspect.Parameter]]:
    """The class at a dotted path and its parameters, annotations evaluated where they can be.

    Raises:
        ConfigError: It cannot be imported.
    """
    module, _, name = target.rpartition(".")
    try:
        part = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"_target_ ({target!r}) cannot be imported: {error}; name a class by its path") from error
    require(inspect.isclass(part), f"_target_ ({target!r}) must be a class, but is {part!r}; name a class by its path")
    try:
        hints = get_type_hints(part.__init__)
    except NameError:  # an annotation for type checkers only
        hints = {}
    parameters = inspect.signature(part).parameters
    return part, {name: one.replace(annotation=hints.get(name, Any)) for name, one in parameters.items()}


def check_settings(
    part: type[Any], takes: Mapping[str, inspect.Parameter], given: Mapping[str, Any], handed: set[str]
) -> None:
    """Every setting is known and of its kind, and none is missing.

    Args:
        part: The class.
        takes: Its parameters.
        given: What the configuration says.
        handed: Parameters that somebody else gives.

    Raises:
        ConfigError: The first rule that is broken.
    """
    who = part.__name__
    _check_names(part, takes, given, handed)
    optional = {name for name, parameter in takes.items() if parameter.default is not inspect.Parameter.empty}
    missing = [name for name in takes if name not in {*given, *handed, *optional}]
    require(not missing, f"{who}: {', '.join(missing)} must be set; give it in its YAML or on the command line")
    for name, value in given.items():
        if not _holds_parts(value):
            _check_kind(who, name, value, takes[name].annotation)


def _holds_parts(value: Any) -> bool:
    """Whether a setting is a part, or a list of parts: they are checked when they are built."""
    if isinstance(value, list):
        return any(_holds_parts(one) for one in cast(list[Any], value))
    return isinstance(value, Mapping) and "_target_" in value


def _check_kind(part: str, name: str, value: Any, annotation: Any) -> None:
    """Refuse text for a number and the like; kinds that a YAML file cannot write are the constructor's business.

    JSON's rules fit YAML: a list may stand for a tuple and 1 for 1.0, but not "1" for 1.
    """
    try:
        kind = TypeAdapter[Any](annotation)
    except (PydanticUserError, PydanticUndefinedAnnotation):  # a Protocol or another class of ours
        return
    try:
        kind.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        within = "".join(f"[{step}]" for step in first["loc"] if isinstance(step, int))
        raise ConfigError(f"{part}: {name}{within} ({first['input']!r}) {rule(first['msg'])}") from error
