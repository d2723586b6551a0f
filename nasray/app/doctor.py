"""What a machine offers nasray."""

import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit, versions

_GPU_FILES = ("nvidia[0-9]*", "dxg", "kfd")  # CUDA, CUDA under WSL, ROCm
_ANSWER_SECONDS = 2.0
_KEYS = ("OPENAI_API_KEY", "HF_TOKEN")


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
    yield _line("token", _token())
    catalog = default_catalog()
    for folder in (Path.cwd(), catalog.folder, Path(tempfile.gettempdir())):
        yield _line("disk", _free(folder))
    mirror = catalog.mirror
    yield _line(
        "mirror",
        f"{mirror}{'' if mirror.is_dir() else ' (no such folder)'}" if mirror else "NASRAY_DATA_MIRROR not set",
    )
    for table in catalog.listing():
        remedy = "; see `nasray data fetch --help`" if table.state in ("missing", "damaged") else ""
        yield _line("table", f"{table.name}: {table.state}{remedy}")
    yield _line("key", _wandb())
    for key in _KEYS:
        yield _line("key", f"{key} {'present' if os.environ.get(key) else 'not set'}")


def _line(what: str, found: str) -> str:
    return f"{what:<10} {found}"


def _free(folder: Path) -> str:
    """Room in a folder, or in the one that it will be made in; Ray and Tune keep their scratch in the temporary one."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return f"{shutil.disk_usage(there).free / 2**30:.1f} GiB free in {folder}"


def _gpu() -> str:
    if not any(next(Path("/dev").glob(name), None) for name in _GPU_FILES):
        return "none; candidates train on the CPU"
    import torch  # takes seconds: only where there is something to find

    if not torch.cuda.is_available():
        return f"none that torch {torch.__version__} can use; candidates train on the CPU; install its build for CUDA"
    return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))


def _wandb() -> str:
    """Where W&B would find a key: in the environment, or where ``wandb login`` puts it."""
    if os.environ.get("WANDB_API_KEY"):
        return "WANDB_API_KEY present"
    file = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
    server = urlsplit(os.environ.get("WANDB_BASE_URL") or "https://api.wandb.ai").netloc
    try:
        found = netrc(file).authenticators(server)
    except (OSError, NetrcParseError):
        found = None
    if found and found[2]:
        return f"WANDB_API_KEY not set, but W&B has a login in {file}"
    return f"WANDB_API_KEY not set, and W&B has no login in {file}; for tracking=wandb_online: wandb login"


def _token() -> str:
    """Ray's, which lets whoever reads it run code on the cluster."""
    file = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token").expanduser()
    if not file.exists():
        return f"no {file}; Ray makes one for a cluster of this machine"
    if file.stat().st_mode & 0o077:
        return f"{file} can be read by others, who can then run code as you; chmod 600 {file}"
    return f"{file}, readable by you alone"


def _ray() -> str:
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        return "RAY_ADDRESS not set; each run starts a cluster on this machine"
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return f"RAY_ADDRESS is {address}"
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS).close()
    except OSError as error:
        return f"nothing answers at RAY_ADDRESS {address} ({error}); start the cluster, or unset RAY_ADDRESS"
    return f"cluster at {address} answers"
