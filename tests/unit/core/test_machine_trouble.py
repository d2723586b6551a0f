"""Which errors are the machine's."""

import errno
import os
import platform

import pytest

from nasray.core.machine_trouble import machine_trouble

OF_THE_MACHINE = (
    *("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO"),
    *("ESTALE", "ETIMEDOUT", "ENOTCONN", "EHOSTDOWN"),
    *("EMFILE", "ENFILE", "EACCES", "EPERM"),
)


@pytest.mark.parametrize("name", OF_THE_MACHINE)
def test_a_machine_that_refuses(name: str) -> None:
    code = getattr(errno, name)
    reason = f"cannot be used on {platform.node()} ({os.strerror(code)}); make room there, or mend its rights"
    assert machine_trouble(OSError(code, os.strerror(code), "some/file"), "here").startswith(f"some/file {reason}")
    assert machine_trouble(OSError(code, os.strerror(code)), "here").startswith(f"here {reason}")


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "some/file"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        PermissionError("of the code itself"),
        TimeoutError("of the code itself"),
        ValueError(errno.ENOSPC),
        KeyboardInterrupt(),
    ],
)
def test_other_errors(error: BaseException) -> None:
    assert machine_trouble(error, "here") == ""
