"""What a sweep is, read from Hydra's configuration: its folder, its base, the command that makes it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import orjson
from omegaconf import DictConfig, OmegaConf

from nasray.app.sweep_arms import hydra_section
from nasray.app.sweep_folder import SweepFolder, base_of
from nasray.app.sweep_job import WHERE, section_of

_CLOCK = "${now:"
_DIGITS = 10


@dataclass(frozen=True)
class SweepIdentity:
    """What makes two commands the same sweep.

    Attributes:
        folder: Absolute. A folder that the configuration names after the clock is replaced by one that is named after
            what is swept, so that the same command finds it again.
        base: The configuration that the jobs begin with.
        words: The command, as ``nasray run`` takes it.
        overrides: Those that were given on the command line, swept or not.
    """

    folder: Path
    base: Mapping[str, Any]
    words: tuple[str, ...]
    overrides: tuple[str, ...]

    @classmethod
    def of(cls, config: DictConfig) -> Self:
        """Read the configuration that Hydra hands to launchers."""
        overrides = tuple(map(str, config.hydra.overrides.task))
        with hydra_section(OmegaConf.masked_copy(config, "hydra")):
            task = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
            base = base_of(cast(dict[str, Any], OmegaConf.to_container(task, resolve=True)))
            written = cast(dict[str, Any], OmegaConf.to_container(config.hydra.sweep, resolve=False))
            if _CLOCK in str(written["dir"]):
                folder = Path(str(config.paths.runs)) / "sweeps" / _name(base, overrides)
            else:
                folder = Path(str(config.hydra.sweep.dir))
        return cls(Path.cwd() / folder, base, _words(config, overrides), overrides)

    def sweep_folder(self) -> SweepFolder:
        """The folder before anything was read there or written."""
        return SweepFolder(self.folder, self.base, (self.words,), str(Path.cwd()), ())


def _name(base: Mapping[str, Any], overrides: tuple[str, ...]) -> str:
    """Keys of what is swept, and a hash of everything that matters."""
    telling = [one for one in overrides if section_of(one) not in WHERE]
    told = orjson.dumps([base, sorted(telling)], option=orjson.OPT_SORT_KEYS)
    swept = [one.partition("=")[0].rpartition(".")[2].lstrip("+~") for one in telling if "," in one or "(" in one]
    return "-".join([*sorted(swept)[:4], hashlib.sha256(told).hexdigest()[:_DIGITS]]).replace("/", "-")


def _words(config: DictConfig, overrides: tuple[str, ...]) -> tuple[str, ...]:
    """Hydra's options and overrides; the folder is named by who resumes."""
    folders = [one.path for one in config.hydra.runtime.config_sources if one.provider == "command-line"]
    options = [word for path in folders for word in ("-cd", str(path))]
    hydras = [str(one) for one in config.hydra.overrides.hydra]
    kept = [one for one in hydras if not one.startswith(("hydra.sweep.dir=", "hydra.mode="))]
    return ("-m", *options, *kept, *overrides)
