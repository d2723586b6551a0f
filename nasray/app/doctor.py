"""What a machine offers nasray."""

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit, versions

_KEYS = ("WANDB_API_KEY", "OPENAI_API_KEY", "HF_TOKEN")


def examine() -> Iterator[str]:
    """One line a fact; what is missing says how to get it. Keys are named, never shown."""
    head, dirty = commit()
    yield _line("versions", ", ".join(f"{name} {version}" for name, version in versions().items()))
    yield _line("commit", f"{head or 'not a checkout'}{' + changes' if dirty else ''}")
    yield _line("platform", platform.platform())
    memory = psutil.virtual_memory()
    yield _line("cores", f"{psutil.cpu_count(logical=True)}, memory {memory.available / 2**30:.1f} GiB free")
    yield _line("GPU", _gpu())
    yield _line("Ray", _ray())
    yield _line("disk", f"{shutil.disk_usage(Path.cwd()).free / 2**30:.1f} GiB free in {Path.cwd()}")
    catalog = default_catalog()
    mirror = catalog.mirror
    yield _line(
        "mirror",
        f"{mirror}{'' if mirror.is_dir() else ' (no such folder)'}" if mirror else "NASRAY_DATA_MIRROR not set",
    )
    for table in catalog.listing():
        remedy = f"; nasray data fetch {table.name}" if table.state in ("missing", "damaged") else ""
        yield _line("table", f"{table.name}: {table.state}{remedy}")
    for key in _KEYS:
        yield _line("key", f"{key} {'present' if os.environ.get(key) else 'not set'}")


def _line(what: str, found: str) -> str:
    return f"{what:<10} {found}"


def _gpu() -> str:
    import torch

    if not torch.cuda.is_available():
        return f"none that torch {torch.__version__} sees; candidates train on the CPU"
    return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))


def _ray() -> str:
    address = os.environ.get("RAY_ADDRESS")
    return f"cluster at {address}" if address else "RAY_ADDRESS not set; each run starts a cluster on this machine"
