"""What Hydra says when it cannot compose a configuration, as one message: who, got, rule, remedy."""

from collections.abc import Sequence
from typing import Any

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException
from yaml import YAMLError

from nasray.app.wording import nearest, unresolved
from nasray.core.errors import ConfigError

COMPOSITION_ERRORS = (HydraException, OmegaConfBaseException, YAMLError, OSError, ValueError)
"""What Hydra raises before a job begins: all of it is about what it was given."""


_NO_NAMES = ("=null", "=true", "=false", *(f"={digit}" for digit in range(10)))

_OPTIONAL = ("generator", "refiner", "language_model", "predictor")
"""Groups that a run can do without."""


def config_error(error: Exception, overrides: Sequence[str]) -> ConfigError:
    """The message for one of ``COMPOSITION_ERRORS``, raised by a command line with these overrides."""
    return ConfigError(_message(error, overrides))


def _message(error: Exception, overrides: Sequence[str]) -> str:
    cause = error.__cause__
    if isinstance(error, MissingConfigException):
        return _missing_file(error)
    if isinstance(error, OverrideParseException):
        rule = "an override is KEY=VALUE, with quotes around values that have commas, brackets or blanks"
        return f"{error.override!r} cannot be read ({_reason(error.message, error.override or '')}); {rule}"
    if isinstance(cause, ConfigKeyError | ConfigAttributeError):
        return _unknown_key(cause, overrides)
    if isinstance(error, OmegaConfBaseException):
        return unresolved(error.full_key or "the configuration", str(error).splitlines()[0])
    if isinstance(error, YAMLError):
        return f"a YAML file cannot be read ({_lines(error)}); correct it"
    if isinstance(error, OSError):
        where = error.filename or "a file or folder"
        return f"{where}: {error.strerror or error}; choose another place, e.g. paths.runs=FOLDER"
    if str(error).startswith("Ambiguous value"):
        sweeps = ", ".join(one for one in overrides if "," in one)
        return f"{sweeps}: several values make a sweep, which needs -m; one value that has commas needs quotes"
    if str(error).startswith("Config group override"):
        wrong = ", ".join(one for one in overrides if one.endswith(_NO_NAMES)) or "an override of a group"
        away = " ".join(f"~{group}" for group in _OPTIONAL if f"{group}=null" in overrides)
        without = f"; to do without, take it away by {away}" if away else ""
        return f"{wrong}: an option of a group must be named{without}; see `nasray run --help`"
    if "list index out of range" in str(cause):
        where = str(cause).partition("full_key: ")[2].split()[0]
        return f"{where}: the list has no such place; a list is given whole: KEY=[…, …]"
    because = f" ({_lines(cause)})" if isinstance(cause, OmegaConfBaseException) else ""
    return f"{_lines(error)}{because}; see `nasray run --help`"


def _missing_file(error: MissingConfigException) -> str:
    """A file of a group, or the main one, is not there."""
    missing = str(error.missing_cfg_file or "")
    group, _, option = missing.rpartition("/")
    options = list(error.options or ())
    if not group or not options:
        first = str(error).split("\n\n")[0].replace("\n", " ").rstrip(".")
        return f"{first}; an option is a YAML file in the folder of its group, e.g. strategy=random_search"
    return (
        f"{group}={option}: the group {group} has no such option{nearest(option, options)}; "
        f"its options: {', '.join(options)}"
    )


def _unknown_key(cause: OmegaConfBaseException, overrides: Sequence[str]) -> str:
    """A setting that the configuration does not have."""
    full_key = str(cause.full_key)
    section, _, key = full_key.rpartition(".")
    node: Any = cause.parent_node
    room, slash, field = full_key.partition("/")
    if slash:
        return f"{full_key}: a part within another is chosen by {room}@{room}.{field}=NAME"
    known = [name for name in map(str, node or ()) if name not in ("hydra", "_target_")]
    where = f"the section {section}" if section else "the configuration"
    close = nearest(key, known) or ("" if section else _elsewhere(key, node))
    whole = any(one.startswith(f"{section}={{") for one in overrides)
    swap = f"; to put another part in its place: ~{section} '+{section}={{…}}'" if whole else ""
    return f"{full_key}: {where} has no such setting{close}; it has: {', '.join(known) or 'none'}{swap}"


def _elsewhere(key: str, root: Any) -> str:
    """The sections that have ``key``: a section is often forgotten."""
    sections = [str(name) for name in root or () if name != "hydra"]
    found = [f"{name}.{key}" for name in sections if key in _keys(root, name)]
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def _keys(root: Any, name: str) -> list[str]:
    section = root._get_node(name)
    return [str(key) for key in section] if hasattr(section, "keys") and not section._is_missing() else []


def _lines(error: BaseException | None) -> str:
    """The message in one line, without OmegaConf's remarks on types."""
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("object_type", "reference_type")))


def _reason(message: str, override: str) -> str:
    """What the parser says, without the override and the address of a manual."""
    lines = [line for line in message.splitlines() if not line.startswith(("Error parsing", "See http"))]
    reason = lines[0].split(" expecting")[0] if lines else message
    if reason.startswith("LexerNoViableAlt"):
        strange = "".join(dict.fromkeys(one for one in override if not one.isascii()))
        return f"{strange or 'one of its characters'} can stand in quotes only: \"KEY='VALUE'\""
    return reason
