"""The data catalog: of a configuration's paths, or outside a run from the environment; spaces from their YAML."""

from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from omegaconf import OmegaConf

from nasray.app.schema import PathsConfig
from nasray.core.space import SearchSpace
from nasray.data.catalog import Catalog


def catalog_of(paths: PathsConfig) -> Catalog:
    """The data catalog of a configuration's paths."""
    mirror = Path(paths.mirror).expanduser() if paths.mirror else None
    return Catalog(folder=Path(paths.data).expanduser(), mirror=mirror)


def default_catalog() -> Catalog:
    """The catalog that ``nasray run`` uses when nothing else is said: see conf/paths/default.yaml."""
    return catalog_of(PathsConfig.model_validate(_loaded("paths", "default")))


def space_named(name: str) -> SearchSpace:
    """The space of conf/space/NAME.yaml."""
    from nasray.app.parts import build  # imports Hydra, which listing tables does not need

    return build(_loaded("space", name))


def _loaded(group: str, name: str) -> dict[str, Any]:
    text = (files("nasray.conf") / group / f"{name}.yaml").read_text()
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(text), resolve=True))
