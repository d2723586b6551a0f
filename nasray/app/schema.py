"""The skeleton of a composed configuration: every top-level key, its type and its bounds. Parts check their own."""

from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nasray.core.errors import ConfigError


class Section(BaseModel):
    """A section that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BudgetConfig(Section):
    """``budget``: see core.budget."""

    evaluations: int
    wall_seconds: float | None


class RayConfig(Section):
    """``ray``: which cluster."""

    address: str | None
    num_cpus: int | None
    num_gpus: int | None


class PathsConfig(Section):
    """``paths``: where things are kept."""

    runs: str
    data: str
    mirror: str | None


class RunConfig(Section):
    """One search."""

    space: dict[str, Any]
    strategy: dict[str, Any]
    evaluator: dict[str, Any]
    dataset: dict[str, Any]
    budget: BudgetConfig
    executor: dict[str, Any]
    ray: RayConfig
    tracking: dict[str, Any]
    paths: PathsConfig
    seed: int = Field(ge=0)
    width: int = Field(ge=1)
    controls: int = Field(ge=0)
    top: int = Field(ge=1)
    name: str


def validated(config: dict[str, Any]) -> RunConfig:
    """The skeleton, checked.

    Raises:
        ConfigError: A key is unknown, missing, or of the wrong kind; every such key is named.
    """
    try:
        return RunConfig.model_validate(config)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))} ({e['input']!r}): {e['msg']}" for e in error.errors()]
        raise ConfigError("the configuration is not valid; correct these settings:\n  " + "\n  ".join(lines)) from error


def resolved(config: DictConfig) -> dict[str, Any]:
    """Plain dictionaries, every interpolation carried out.

    Raises:
        ConfigError: A mandatory value is missing, or an interpolation names nothing.
    """
    try:
        return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True, throw_on_missing=True))
    except OmegaConfBaseException as error:
        raise ConfigError(
            f"the configuration cannot be resolved: {error}; set the value on the command line"
        ) from error
