"""The skeleton of a composed configuration: every top-level key, its type and its bounds. Parts check their own."""

from typing import Any, Literal, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nasray.app.wording import nearest, rule, unresolved
from nasray.core.errors import ConfigError, require


class Section(BaseModel):
    """A section that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BudgetConfig(Section):
    """``budget``: see core.budget."""

    evaluations: int
    wall_seconds: float | None


class RayConfig(Section):
    """``ray``: which cluster."""

    address: str | None
    num_cpus: int | None = Field(ge=1)
    num_gpus: int | None = Field(ge=0)


class HostConfig(Section):
    """``host``: where the predictor lives, and how its calls are put together."""

    where: Literal["local", "host"]
    name: str | None
    num_cpus: float = Field(ge=0)
    batch_size: int = Field(ge=1)
    window_ms: float = Field(ge=0)


class PathsConfig(Section):
    """``paths``: where things are kept."""

    runs: str
    data: str
    mirror: str | None
    store: str | None = None


class RunConfig(Section):
    """One search. Sections that are dictionaries here are checked by the parts that they describe."""

    space: dict[str, Any]
    strategy: dict[str, Any]
    scheduler: dict[str, Any] | None = None
    predictor: dict[str, Any] | None = None
    generator: dict[str, Any] | None = None
    refiner: dict[str, Any] | None = None
    language_model: dict[str, Any] | None = None
    host: HostConfig | None = None
    evaluator: dict[str, Any]
    dataset: dict[str, Any]
    budget: BudgetConfig
    executor: dict[str, Any]
    ray: RayConfig
    tracking: dict[str, Any]
    paths: PathsConfig
    seed: int = Field(ge=0, lt=2**63)
    width: int = Field(ge=1)
    controls: int = Field(ge=0)
    top: int = Field(ge=1)
    name: str


def check_runs(folder: str) -> None:
    """Refuse an empty ``paths.runs``: run folders are made below it with a slash between.

    Raises:
        ConfigError: It is empty.
    """
    require(
        folder.strip() != "",
        f"paths.runs ({folder!r}) must name a folder: an empty one would be the root of the filesystem; set it, e.g. "
        "paths.runs=runs",
    )


def validated(config: dict[str, Any]) -> RunConfig:
    """The skeleton, checked.

    Raises:
        ConfigError: A key is unknown, missing, or of the wrong kind; every such key is named. Or ``paths.runs`` is
            empty.
    """
    try:
        checked = RunConfig.model_validate(config)
    except ValidationError as error:
        lines = [
            _message(one["type"], ".".join(map(str, one["loc"])), one["input"], one["msg"]) for one in error.errors()
        ]
        raise ConfigError("\n        ".join(lines)) from error
    check_runs(checked.paths.runs)
    return checked


def _message(kind: str, key: str, got: object, message: str) -> str:
    """One broken rule. Where a key is missing, pydantic's input is the whole section."""
    if kind == "missing":
        return f"{key} is missing; put it back, or name an option of its group"
    if kind == "extra_forbidden":
        close = "" if "." in key else nearest(key, list(RunConfig.model_fields))
        return f"{key} ({got!r}) is not a setting{close}; take it away"
    return f"{key} ({got!r}) {rule(message)}"


def resolved(config: DictConfig) -> dict[str, Any]:
    """Plain dictionaries, every interpolation carried out.

    Raises:
        ConfigError: A mandatory value is missing, or an interpolation names nothing.
    """
    try:
        return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True, throw_on_missing=True))
    except OmegaConfBaseException as error:
        key = error.full_key or "the configuration"
        own = OmegaConf.select(config, "evaluator.dataset") if key.startswith("dataset.") else None
        hint = f"; the evaluator does not read the group dataset: its own is evaluator.dataset={own}" if own else ""
        raise ConfigError(unresolved(key, str(error).splitlines()[0]) + hint) from error
