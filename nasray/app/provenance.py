"""Where a number comes from: code, versions, machine, data."""

import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nasray
from nasray.core.evaluator import Evaluator
from nasray.core.image_set import ImageSource

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


def data_of(tables: "dict[str, Table]", evaluator: Evaluator) -> list[dict[str, str]]:
    """What is recorded of the tables, images and text that a run reads.

    Raises:
        DataError: Images or text are not there, or are not what they should be.
        ConfigError: They cannot be split as wished.
    """
    from nasray.data.image_sets.fingerprinted import fingerprint_of  # numpy, which listing versions does without

    measured = [
        {"name": table.header.name, "sha256": table.sha256, "provenance": table.header.provenance}
        for table in tables.values()
    ]
    learnt_from = [
        {"name": kind.lower(), "sha256": fingerprint_of(source), "provenance": f"{what} of {module}"}
        for what, source in _learnt_from(evaluator)
        for kind, module in [(type(source).__name__, type(source).__module__)]
    ]
    return measured + learnt_from


def changed_data(then: Sequence[Mapping[str, str]], now: Sequence[Mapping[str, str]]) -> list[str]:
    """What a manifest has on record and what is found today, where they differ; nothing where they agree.

    Data that are not on record are passed over: the first runs recorded no images.
    """
    found = {entry["name"]: entry["sha256"] for entry in now}
    return [
        f"{entry['name']} was {entry['sha256']}, now it is {found.get(entry['name'], 'not read at all')}"
        for entry in then
        if entry["sha256"] != found.get(entry["name"])
    ]


def _learnt_from(evaluator: Any) -> Iterator[tuple[str, ImageSource]]:
    """The images or the text that an evaluator trains on, or the one that it wraps, and which of the two they are."""
    while evaluator is not None:
        for what in ("images", "text"):
            if (source := getattr(evaluator, what, None)) is not None:
                yield what, source
        evaluator = getattr(evaluator, "inner", None)
