"""Importing a module of nasray does nothing, and loads nothing that its room does not need."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = ["ray", "torch", "torch_geometric", "transformers", "hydra", "omegaconf", "wandb", "pandas", "matplotlib"]
LIGHT_ROOMS = ["nasray.core", "nasray.spaces", "nasray.strategies", "nasray.search"]

IMPORT_ALL = """
import importlib, json, logging, sys
wanted, heavy = json.loads(sys.argv[1])
before = list(logging.getLogger().handlers)
for module in wanted:
    importlib.import_module(module)
ours = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "nasray"]
added = [handler for handler in logging.getLogger().handlers if handler not in before]
added += [handler for name in ours for handler in logging.getLogger(name).handlers]
with open(sys.argv[2], "w") as file:
    json.dump({"heavy": [name for name in heavy if name in sys.modules], "handlers": list(map(str, added))}, file)
"""


def modules(package: str) -> list[str]:
    """``package`` and all modules below it, found without importing any; entry points (``__main__``) excepted."""
    folder = REPOSITORY / package.replace(".", "/")
    below: list[str] = []
    for found in pkgutil.iter_modules([str(folder)]):
        full = f"{package}.{found.name}"
        below += modules(full) if found.ispkg else [full]
    return [package, *(module for module in below if not module.endswith(".__main__"))]


def import_fresh(wanted: list[str], folder: Path) -> tuple[dict, str]:
    """Import ``wanted`` in a new interpreter: what it loaded and added, and what it printed."""
    facts = folder / "facts.json"
    arguments = [json.dumps([wanted, HEAVY]), str(facts)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT_ALL, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(facts.read_text(encoding="utf-8")), done.stdout + done.stderr


@pytest.mark.parametrize("room", LIGHT_ROOMS)
def test_a_light_room_loads_nothing_heavy(room: str, tmp_path: Path):
    facts, _ = import_fresh(modules(room), tmp_path)
    assert facts["heavy"] == []


def test_importing_everything_prints_nothing_and_adds_no_log_handler(tmp_path: Path):
    facts, printed = import_fresh(modules("nasray"), tmp_path)
    assert printed == ""
    assert facts["handlers"] == []


def test_the_fresh_import_sees_what_is_heavy(tmp_path: Path):
    facts, _ = import_fresh(["nasray", "omegaconf"], tmp_path)
    assert facts["heavy"] == ["omegaconf"]
