"""Enrols every YAML of a group: a new part is held to its contract without a line of test code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from nasray.app.parts import build

CONF = Path(__file__).resolve().parents[2] / "conf"


@pytest.fixture(scope="session")
def composed() -> Callable[..., dict[str, Any]]:
    """Gives the settings of ``conf/group/name.yaml`` within a run, its defaults list carried out."""

    def settings(group: str, name: str, *overrides: str) -> dict[str, Any]:
        if group == "predictor":  # no part of every run
            alone = OmegaConf.load(CONF / group / f"{name}.yaml")
            if "defaults" not in alone:
                return OmegaConf.to_container(alone, resolve=True)
        with initialize_config_dir(str(CONF), version_base=None):
            config = compose("run", overrides=[f"{group}={name}", *overrides])
        return OmegaConf.to_container(config[group], resolve=True)

    return settings


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test class with ``group = "space"`` runs once for every file in ``conf/space``."""
    group = getattr(metafunc.cls, "group", None)
    if group:
        names = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
        marks = {"tune": pytest.mark.ray}
        params = [pytest.param(name, marks=marks.get(name, ())) for name in names]
        metafunc.parametrize("name", params, scope="module")


@pytest.fixture(scope="session")
def small_space(composed):
    """Where strategies search and evaluators measure."""
    return build(composed("space", "nasbench201"))
