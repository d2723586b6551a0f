"""Errors that are the machine's, not those of what was done on it."""

import errno
import platform

_TROUBLES = frozenset(
    [
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO),  # the disk is full, or refuses
        *(errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN),  # a file server is gone
        *(errno.EMFILE, errno.ENFILE),  # too many files are open
        *(errno.EACCES, errno.EPERM),  # user or mount has not the rights that it has on other nodes
    ]
)


def machine_trouble(error: BaseException, place: object) -> str:
    """Where and why a machine refuses, and the remedy; empty where ``error`` is another one.

    What a search finds must not depend on the node that it is measured on: such an error is never a candidate's.

    Args:
        error: Raised on this machine.
        place: What it is about, where the error does not name a file.
    """
    if not isinstance(error, OSError) or error.errno not in _TROUBLES:
        return ""
    return (
        f"{error.filename or place} cannot be used on {platform.node()} ({error.strerror}); make room there, or mend "
        "its rights, mount or limits"
    )
