"""Where a number comes from: code, versions, machine, data."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import nasray

if TYPE_CHECKING:
    from nasray.data.table import Table

_PACKAGES = ("ray", "torch", "numpy", "hydra-core", "pyarrow")


def versions() -> dict[str, str]:
    """Versions of nasray, Python and the packages that numbers depend on."""
    packages = {package: version(package) for package in _PACKAGES}
    return {"nasray": nasray.__version__, "python": platform.python_version(), **packages}


def commit() -> tuple[str | None, bool | None]:
    """The commit of the code that is running and whether it was changed since; None twice outside a checkout."""
    root = Path(nasray.__file__).parents[1]
    if not (root / ".git").exists():
        return None, None
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head, bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):  # no git, or a checkout without a commit
        return None, None


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def data_of(tables: "dict[str, Table]") -> list[dict[str, str]]:
    """What is recorded of the tables a run reads."""
    return [
        {"name": table.header.name, "sha256": table.sha256, "provenance": table.header.provenance}
        for table in tables.values()
    ]
