"""Whether the settings of a part are those that its constructor takes: names, kinds, nothing missing."""

import inspect
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from nasray.app.wording import nearest, rule
from nasray.core.errors import ConfigError, require


class UnknownSetting(ConfigError):
    """A part was given settings that it does not have.

    Attributes:
        part: The class.
        names: What was given.
    """

    def __init__(self, message: str, part: type[Any], names: Sequence[str]) -> None:
        """Remember whose settings they are not."""
        super().__init__(message)
        self.part = part
        self.names = names


@contextmanager
def section(name: str, target: Any) -> Generator[None]:
    """Say how to take away a setting that an experiment made for another part than the one that was chosen.

    Args:
        name: Of the section of the configuration that is built.
        target: Its class, as a dotted path.

    Raises:
        UnknownSetting: A setting is not one of its part.
    """
    try:
        yield
    except UnknownSetting as error:
        if f"{error.part.__module__}.{error.part.__qualname__}" != target:  # a part within it: it has another key
            raise
        away = " ".join(f"~{name}.{one}" for one in error.names)
        message = f"{error}; where an experiment set it for another part, take it away by {away}"
        raise UnknownSetting(message, error.part, error.names) from error


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
    known = [name for name in takes if name not in handed]
    if strange := [name for name in given if name not in takes]:
        close = nearest(strange[0], known)
        called = ", ".join(strange)
        message = f"{who}: no setting is called {called}{close}; it has: {', '.join(known) or 'none'}"
        raise UnknownSetting(message, part, strange)
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
