"""Whether a folder is on a disk of this machine."""

from pathlib import Path

import psutil

from nasray.core.errors import ConfigError

_NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs",
    "nfs4", "ocfs2", "orangefs", "pvfs2", "smb3", "smbfs",
}  # fmt: skip


def require_local(path: Path, who: str) -> None:
    """Return if ``path`` is on a local disk, as far as the system tells.

    Raises:
        ConfigError: It is on a network disk, where SQLite's locks and shared memory do not work.
    """
    mounted = [one for one in psutil.disk_partitions(all=True) if path.is_relative_to(one.mountpoint)]
    kind = max(mounted, key=lambda one: len(one.mountpoint)).fstype if mounted else ""
    if kind in _NETWORK:
        raise ConfigError(
            f"{who} ({path}) is on a network disk ({kind}); it must be on a local one: choose another path"
        )
