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
    """What is recorded of the tables and the images that a run reads.

    Raises:
        DataError: The images are not there, or are not what they should be.
        ConfigError: They cannot be split as wished.
    """
    from nasray.data.image_sets.fingerprinted import fingerprint_of  # numpy, which listing versions does without

    measured = [
        {"name": table.header.name, "sha256": table.sha256, "provenance": table.header.provenance}
        for table in tables.values()
    ]
    images = [
        {"name": kind.__name__.lower(), "sha256": fingerprint_of(source), "provenance": f"images of {kind.__module__}"}
        for source in _images_of(evaluator)
        for kind in [type(source)]
    ]
    return measured + images


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


def _images_of(evaluator: Any) -> Iterator[ImageSource]:
    """The images that an evaluator trains on, or the one that it wraps."""
    while evaluator is not None:
        if (images := getattr(evaluator, "images", None)) is not None:
            yield images
        evaluator = getattr(evaluator, "inner", None)
