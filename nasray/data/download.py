"""Getting a public file onto this machine."""

import shutil
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from nasray.core.errors import DataError, require
from nasray.data.table_file import sha256_of

SCHEMES = ("https", "http", "file")


def download(address: str, target: Path, sha256: str, timeout_seconds: float) -> None:
    """Copy the file at ``address`` to ``target`` and make sure that it is the wanted one.

    Args:
        address: ``https``, ``http`` or ``file`` URL.
        target: Where to write; removed again when the content is not the wanted one.
        sha256: Of the wanted content.
        timeout_seconds: Longest silence of the server.

    Raises:
        DataError: The address cannot be read, or holds something else.
    """
    scheme = urlsplit(address).scheme
    require(
        scheme in SCHEMES,
        f"cannot fetch {address!r}: the address must begin with {', '.join(f'{one}://' for one in SCHEMES)}; a file on "
        "this machine is read by `nasray data import NAME FILE`",
        DataError,
    )
    try:
        with urlopen(address, timeout=timeout_seconds) as response, target.open("wb") as file:
            shutil.copyfileobj(response, file)
    except (URLError, HTTPException, OSError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise DataError(f"cannot fetch {address} ({error}); check the address, the network and the disk") from error
    got = sha256_of(target)
    if got != sha256:
        target.unlink()
        raise DataError(
            f"{address} holds a file with SHA-256 {got}, but {sha256} is wanted: it is damaged or another version; "
            "fetch it from another address"
        )
