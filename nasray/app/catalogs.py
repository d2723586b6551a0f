"""The data catalog outside a run: folders from the environment, spaces from their YAML."""

from importlib.resources import files
from typing import Any, cast

from omegaconf import OmegaConf

from nasray.app.composition import catalog_of
from nasray.app.parts import build
from nasray.app.schema import PathsConfig
from nasray.core.space import SearchSpace
from nasray.data.catalog import Catalog


def default_catalog() -> Catalog:
    """The catalog that ``nasray run`` uses when nothing else is said: see conf/paths/default.yaml."""
    return catalog_of(PathsConfig.model_validate(_loaded("paths", "default")))


def space_named(name: str) -> SearchSpace:
    """The space of conf/space/NAME.yaml."""
    return build(_loaded("space", name))


def _loaded(group: str, name: str) -> dict[str, Any]:
    text = (files("nasray.conf") / group / f"{name}.yaml").read_text()
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(text), resolve=True))
