"""``nasray run``: Hydra composes, the session searches."""

import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra._internal.utils import get_args_parser  # pyright: ignore[reportPrivateUsage] - the options that Hydra takes
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from nasray.app.composition_error import COMPOSITION_ERRORS, config_error
from nasray.app.exit_codes import exit_codes, kept
from nasray.app.schema import check_runs, resolved
from nasray.app.session import start
from nasray.app.summary import check_measured, print_summary
from nasray.core.errors import ConfigError, RecordError, require

_WITH_VALUE = ("--config-dir", "-cd", "--config-name", "-cn", "--config-path", "-cp", "--cfg", "-c", "--package", "-p")
_CONFIG_DIR = ("--config-dir", "-cd")
_RUNS = "paths.runs="
_RAISE = "HYDRA_FULL_ERROR"


def hydra_run(overrides: Sequence[str], job: Callable[[DictConfig], Any] | None = None) -> None:
    """Hand the command line to Hydra.

    Jobs end by SystemExit, which passes through Hydra; every other error is about the composition.

    Args:
        overrides: The words behind ``nasray run``.
        job: What is done with the configuration; None for a search.

    Raises:
        ConfigError: Hydra does not know an option, or cannot compose what was asked for.
    """
    _check_options(overrides)
    for word in overrides:
        if word.startswith(_RUNS):  # Hydra makes the folders before anything is composed
            check_runs(word.removeprefix(_RUNS).strip("'\""))
    for folder in _config_folders(overrides):
        require(
            folder != "" and Path(folder).is_dir(),
            f"the folder of your own parts, --config-dir {folder!r} not found; make it, or name one that exists",
        )
    try:
        with _hydra_settings(overrides):
            hydra.main(version_base=None, config_path="pkg://nasray.conf", config_name="run")(job or search_once)()
    except BrokenPipeError:  # an OSError, and about the terminal
        raise
    except COMPOSITION_ERRORS as error:
        raise config_error(error, overrides) from error


def _check_options(words: Sequence[str]) -> None:
    """Refuse in one line what argparse, which Hydra uses, would refuse with a page of usage."""

    def refuse(message: str) -> NoReturn:
        raise ConfigError(
            f"{message}; `nasray run` takes GROUP=OPTION, KEY=VALUE and Hydra's options (-m, -cd FOLDER, --cfg job, "
            "--resolve, --info all, …): see `nasray run --help`"
        )

    parser = get_args_parser()
    parser.error = refuse
    parser.parse_args(_options_first(words))


def _config_folders(words: Sequence[str]) -> list[str]:
    """What ``--config-dir`` names; Hydra takes an empty name for none at all."""
    apart = [value for word, value in pairwise(words) if word in _CONFIG_DIR]
    joined = [word.partition("=")[2] for word in words if word.startswith(tuple(f"{name}=" for name in _CONFIG_DIR))]
    return apart + joined


@contextmanager
def _hydra_settings(overrides: Sequence[str]) -> Generator[None]:
    """What Hydra reads from the process: the command line, and the wish that errors are raised, not printed."""
    arguments, before = sys.argv, os.environ.get(_RAISE)
    sys.argv, os.environ[_RAISE] = ["nasray run", *_options_first(overrides)], "1"
    try:
        yield
    finally:
        sys.argv = arguments
        if before is None:
            del os.environ[_RAISE]
        else:
            os.environ[_RAISE] = before


def _options_first(words: Sequence[str]) -> list[str]:
    """The same command with overrides last: argparse, which Hydra uses, takes them in one piece only."""
    options: list[str] = []
    overrides: list[str] = []
    for word in words:
        is_value = bool(options) and options[-1] in _WITH_VALUE
        is_override = not word.startswith("-") and not is_value and ("=" in word or word.startswith("~"))
        (overrides if is_override else options).append(word)
    return options + overrides


def search_once(config: DictConfig) -> float:
    """One job: one search in the folder that Hydra names. Returns the winner's VALID value, for Hydra's sweepers."""
    about = HydraConfig.get()
    folder = Path(about.runtime.output_dir)
    runs = Path(str(OmegaConf.select(config, "paths.runs", throw_on_resolution_failure=False))).absolute()
    with exit_codes(folder), _no_empty_folders(folder, runs), _how_to_go_on(folder):
        result = start(resolved(config), folder, list(about.overrides.task))
        print_summary(folder)
        check_measured(folder)
        return result["best"]["value"]


@contextmanager
def _no_empty_folders(folder: Path, runs: Path) -> Generator[None]:
    """Hydra makes the folder, and that of the day, before anything is checked: remove them when nothing came of it."""
    try:
        yield
    finally:
        above = [one for one in folder.parents if runs in one.parents]
        with suppress(OSError):  # a folder that is not empty, or that another process removed, ends this
            for one in (folder, *above):
                one.rmdir()


@contextmanager
def _how_to_go_on(folder: Path) -> Generator[None]:
    """A disk that fills up in the middle of a search costs nothing that was measured: say so."""
    try:
        yield
    except RecordError as error:
        if "resume" in str(error) or not (folder / "journal.jsonl").exists():
            raise
        raise RecordError(f"{error}; {kept(folder)}") from error
