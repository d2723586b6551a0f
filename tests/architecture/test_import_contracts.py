"""The import contracts hold, and each of them is shown to notice when it is broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["contracts"]}
PLUG_IN_ROOMS = {"spaces", "generators", "predictors", "refiners", "strategies", "schedulers", "evaluators"}

# (contract, file to be written, its content, further files): what must break the contract.
INJECTED: list[tuple[str, dict[str, str]]] = [
    ("layers", {"search/intruder.py": "import nasray.app.intruder", "app/intruder.py": ""}),
    ("layers", {"core/intruder.py": "import nasray.models.intruder", "models/intruder.py": ""}),
    ("layers", {"spaces/intruder.py": "import nasray.strategies.intruder", "strategies/intruder.py": ""}),
    ("layers", {"tracking/intruder.py": "import nasray.reports.intruder", "reports/intruder.py": ""}),
    ("layers", {"attic/__init__.py": ""}),
    ("layers", {"attic.py": ""}),
    ("ray", {"search/intruder.py": "def late() -> None:\n    import ray.tune"}),
    ("ray", {"new_room/__init__.py": "import ray"}),
    ("hydra", {"search/intruder.py": "import hydra"}),
    ("hydra", {"tune/intruder.py": "from omegaconf import OmegaConf"}),
    ("torch", {"strategies/intruder.py": "import torch.nn"}),
    ("torch", {"data/deep/__init__.py": "", "data/deep/intruder.py": "import torch"}),
    ("torch", {"spaces/intruder.py": "import nasray.models.intruder", "models/intruder.py": "import transformers"}),
    ("no-architecture", {"models/intruder.py": "from nasray.core.architecture import Architecture"}),
    ("no-architecture", {"llm/intruder.py": "import nasray.core.proposal"}),
    ("no-room", {"search/intruder.py": "import nasray.strategies.intruder", "strategies/intruder.py": ""}),
    ("no-room", {"simulator/intruder.py": "import nasray.evaluators.intruder", "evaluators/intruder.py": ""}),
    ("no-room", {"tune/intruder.py": "import nasray.schedulers.intruder", "schedulers/intruder.py": ""}),
    ("core-only", {"data/intruder.py": "import nasray.models.intruder", "models/intruder.py": ""}),
]


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run the linter as `make check` does, on the package in ``folder``."""
    limits = [word for contract in contracts for word in ("--contract", contract)]
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache", *limits]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def listed_rooms(contract: dict) -> set[str]:
    """The names in the layers of ``contract``, without the marks of the optional ones."""
    names = " | ".join(contract["layers"]).split("|")
    return {name.strip().strip("()") for name in names}


def test_every_contract_is_kept():
    done = lint(REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "files"), INJECTED, ids=[f"{contract}-{next(iter(files))}" for contract, files in INJECTED]
)
def test_a_violation_breaks_its_contract(contract: str, files: dict[str, str], tmp_path: Path):
    shutil.copytree(REPOSITORY / "nasray", tmp_path / "nasray", ignore=shutil.ignore_patterns("__pycache__", "assets"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for name, content in files.items():
        target = tmp_path / "nasray" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (target.parent / "__init__.py").touch()
        target.write_text(content + "\n", encoding="utf-8")

    done = lint(tmp_path, contract)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{CONTRACTS[contract]['name']} BROKEN" in done.stdout


def test_every_contract_has_a_violation_that_breaks_it():
    assert set(CONTRACTS) == {contract for contract, _ in INJECTED}


def test_contracts_name_rooms_that_the_layers_list():
    """A misspelt name with a wildcard matches nothing and would protect nothing."""
    rooms = listed_rooms(CONTRACTS["layers"])
    named = {
        word.split(".")[1]
        for contract in SETTINGS["contracts"]
        for key in ("source_modules", "forbidden_modules", "ignore_imports")
        for word in contract.get(key, ())
        if word.startswith("nasray.")
    }
    assert named <= rooms
    assert rooms >= PLUG_IN_ROOMS


def test_the_machinery_is_kept_from_all_plug_in_rooms():
    forbidden = {module.split(".")[1] for module in CONTRACTS["no-room"]["forbidden_modules"]}
    assert forbidden == PLUG_IN_ROOMS


def test_a_room_on_disk_is_a_package():
    """A folder without ``__init__.py`` is invisible to the linter."""
    folders = {file.parent for file in (REPOSITORY / "nasray").rglob("*.py")}
    assert not sorted(str(folder) for folder in folders if not (folder / "__init__.py").is_file())
