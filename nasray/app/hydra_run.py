"""``nasray run``: Hydra composes, the session searches."""

import sys
from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from nasray.app.exit_codes import exit_codes
from nasray.app.schema import resolved
from nasray.app.session import start
from nasray.app.summary import print_summary


def hydra_run(overrides: Sequence[str]) -> None:
    """Hand the command line to Hydra and turn its exit code 1, a composition error, into 2.

    Hydra reads ``sys.argv`` and leaves by SystemExit; what ``search_once`` raises passes through it unchanged.
    """
    before = sys.argv
    sys.argv = ["nasray run", *overrides]
    try:
        hydra.main(version_base=None, config_path="pkg://nasray.conf", config_name="run")(search_once)()
    except SystemExit as stop:
        sys.exit(2 if stop.code == 1 else stop.code)
    finally:
        sys.argv = before


def search_once(config: DictConfig) -> None:
    """One job: one search in the folder that Hydra names."""
    with exit_codes():
        about = HydraConfig.get()
        folder = Path(about.runtime.output_dir)
        print_summary(folder, start(resolved(config), folder, list(about.overrides.task)))
