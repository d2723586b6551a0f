"""Composes the jobs of a sweep: Hydra takes 0.15 s for each, so jobs that differ in their seed alone share one."""

import pickle
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from nasray.app.absolute_paths import with_absolute_paths
from nasray.app.schema import resolved

_SEED = re.compile(r"seed=(\d+)")


class Arms:
    """The arms of a sweep: its jobs without their seeds. Stands in for Hydra's loader, whose other methods it has.

    Args:
        loader: Who composes.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        """Compose nothing yet."""
        self._loader = loader
        self._arms: dict[tuple[str, ...], Arm] = {}

    def __getattr__(self, name: str) -> Any:
        """What sweepers ask of the loader besides."""
        return getattr(self._loader, name)

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """The configuration of a job's arm, with any seed: sweepers ask for it to see whether it can be composed."""
        return self._arm(master_config, sweep_overrides)[0].config

    def raw(self, master: DictConfig, overrides: Sequence[str]) -> dict[str, Any]:
        """The resolved configuration of one job, paths absolute.

        Raises:
            ConfigError: A mandatory value is missing, or an interpolation names nothing.
            HydraException: It cannot be composed.
        """
        arm, seed = self._arm(master, overrides)
        return arm.raw(seed)

    def _arm(self, master: DictConfig, overrides: Sequence[str]) -> "tuple[Arm, int | None]":
        """The arm of a job, and its seed if it has an override that says nothing but that."""
        seeds = [found.group(1) for one in overrides if (found := _SEED.fullmatch(one))]
        key = tuple(one for one in overrides if not _SEED.fullmatch(one))
        if key not in self._arms:
            self._arms[key] = Arm(self._loader.load_sweep_config(master, list(key)))
        return self._arms[key], int(seeds[-1]) if seeds else None


class Arm:
    """One composed configuration, in which the seed can be changed.

    Args:
        config: As Hydra composed it.
    """

    def __init__(self, config: DictConfig) -> None:
        """Take Hydra's own section apart."""
        self.config = config
        self._about = OmegaConf.masked_copy(config, "hydra")
        self._task = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
        self._template: bytes | None = None
        self._moving: dict[tuple[Any, ...], Any] = {}

    def raw(self, seed: int | None) -> dict[str, Any]:
        """Plain dictionaries, every interpolation carried out, paths absolute; the arm's own seed where it is None.

        Only settings that refer to the seed can move with it: they are looked up again, the rest is copied.

        Raises:
            ConfigError: A mandatory value is missing, or an interpolation names nothing.
        """
        with hydra_section(self._about):
            if self._template is None:
                self._template = self._resolved()
            raw = cast(dict[str, Any], pickle.loads(self._template))
            if seed is None:
                return raw
            self._task["seed"] = raw["seed"] = seed
            moved = {path: now for path, then in self._moving.items() if (now := _at(self._task, path)) != then}
        for path, value in moved.items():
            _at(raw, path[:-1])[path[-1]] = value
        return raw if moved.keys() <= {("name",)} else with_absolute_paths(raw, Path.cwd())

    def _resolved(self) -> bytes:
        """The configuration, and in ``_moving`` what stands where it has interpolations."""
        raw = resolved(self._task)
        written = _interpolations(OmegaConf.to_container(self._task, resolve=False), ())
        self._moving = {path: _at(raw, path) for path in _moving_with("seed", written)}
        return pickle.dumps(with_absolute_paths(raw, Path.cwd()))


@contextmanager
def hydra_section(config: DictConfig) -> Generator[None]:
    """What ``${hydra:…}`` means, for a while."""
    holder: Any = HydraConfig.instance()
    before, holder.cfg = holder.cfg, config
    try:
        yield
    finally:
        holder.cfg = before


def _interpolations(node: Any, path: tuple[Any, ...]) -> dict[tuple[Any, ...], str]:
    """Path and text of the values that refer to others."""
    if isinstance(node, str):
        return {path: node} if "${" in node else {}
    if isinstance(node, list):
        node = dict(enumerate(cast(list[Any], node)))
    section = cast(dict[Any, Any], node) if isinstance(node, dict) else {}
    return {key: text for step, one in section.items() for key, text in _interpolations(one, (*path, step)).items()}


def _moving_with(word: str, written: dict[tuple[Any, ...], str]) -> set[tuple[Any, ...]]:
    """The paths whose texts mention a setting called ``word``, or a section or setting that does; rather too many."""
    moving: set[tuple[Any, ...]] = set()
    words = [word]
    while words:
        mention = re.compile(rf"\b{re.escape(words.pop())}\b")
        for path, text in written.items():
            if path not in moving and mention.search(text):
                moving.add(path)
                words += [str(step) for step in path]
    return moving


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    """The value at ``path``, as plain data."""
    for step in path:
        node = node[step]
    return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
