"""Parts by the names of their YAML files, for scripts: what an experiment calls ``gpt`` is what a run calls so."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from nasray.app.parts import build


def part_named(group: str, name: str, live: Mapping[str, Any], /, **settings: Any) -> Any:
    """The part of conf/GROUP/NAME.yaml, without the parts that its defaults list brings.

    Args:
        group: ``generator``, ``strategy``, …
        name: Of the file.
        live: What its constructor is handed: ``space``, ``generator``, …
        settings: Other values than the file's; in nested sections, those that change.

    Raises:
        ConfigError: It does not take such a setting.
        NasrayError: The part refuses a value.
    """
    written = cast(DictConfig, OmegaConf.create((files("nasray.conf") / group / f"{name}.yaml").read_text()))
    written.pop("defaults", None)
    merged = OmegaConf.to_container(OmegaConf.merge(written, settings), resolve=True)
    return build(cast(dict[str, Any], merged), **live)
