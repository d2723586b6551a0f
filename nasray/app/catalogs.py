"""The data catalog: of a configuration's paths, or outside a run from the environment; spaces from their YAML."""

from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from omegaconf import OmegaConf

from nasray.app.schema import PathsConfig
from nasray.core.errors import CapabilityError, DataError
from nasray.core.space import ModuleView, SearchSpace
from nasray.data.catalog import Catalog
from nasray.data.table import Table
from nasray.evaluators.transformer_view import TransformerView


def catalog_of(paths: PathsConfig) -> Catalog:
    """The data catalog of a configuration's paths."""
    mirror = Path(paths.mirror).expanduser() if paths.mirror else None
    return Catalog(folder=Path(paths.data).expanduser(), mirror=mirror)


def default_catalog() -> Catalog:
    """The catalog that ``nasray run`` uses when nothing else is said: see conf/paths/default.yaml."""
    return catalog_of(PathsConfig.model_validate(_loaded("paths", "default")))


def table_for(space: SearchSpace, name: str, catalog: Catalog) -> Table:
    """The table ``name``, to look up cells of ``space``; imported, if need be, by the space that it belongs to.

    Raises:
        CapabilityError: It has the cells of another space.
        DataError: It cannot be had, or is damaged.
    """
    entry = catalog.entry(name)
    owner = space_named(entry.space)
    if not catalog.has(name):
        catalog.open(name, owner)
    try:
        return catalog.open(name, space)
    except (CapabilityError, DataError) as error:
        if isinstance(space, type(owner)):
            raise
        raise CapabilityError(
            f"table {name} has the cells of space={entry.space}, not those of {type(space).__name__}; choose "
            f"space={entry.space}, or measure by {evaluators_for(space, catalog)}"
        ) from error


def evaluators_for(space: SearchSpace, catalog: Catalog) -> str:
    """What to type for an evaluator that can measure the members of ``space``."""
    known = [f"evaluator={name}" for name in _table_evaluators(space, catalog)]
    known += ["evaluator=training"] if isinstance(space, ModuleView) else []
    if isinstance(space, TransformerView):
        text = "dataset=parallel_text"
        known += [f"evaluator=translation_training {text}", f"evaluator=supernet {text} evaluator.weights=FILE"]
    return ", or ".join([*known, "evaluator=synthetic (a formula)"])


def _table_evaluators(space: SearchSpace, catalog: Catalog) -> list[str]:
    """The files in conf/evaluator whose tables have the cells of ``space``."""
    spaces = {entry.name: entry.space for entry in catalog.entries}
    tables = {name: _loaded("evaluator", name, resolve=False).get("table") for name in _options("evaluator")}
    owners = {name: space_named(spaces[table]) for name, table in tables.items() if table in spaces}
    return [name for name, owner in owners.items() if isinstance(space, type(owner))]


def space_named(name: str) -> SearchSpace:
    """The space of conf/space/NAME.yaml."""
    from nasray.app.parts import build  # imports Hydra, which listing tables does not need

    return build(_loaded("space", name))


def _options(group: str) -> list[str]:
    return sorted(file.name.removesuffix(".yaml") for file in (files("nasray.conf") / group).iterdir())


def _loaded(group: str, name: str, *, resolve: bool = True) -> dict[str, Any]:
    text = (files("nasray.conf") / group / f"{name}.yaml").read_text()
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(text), resolve=resolve))
