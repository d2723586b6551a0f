"""Reading the files of ``torch.save`` without torch, and without running what is in them.

Two layouts: a zip archive with ``NAME/data.pkl`` and one file a storage (torch 1.6 and later), and the older one of
several pickles, one after the other, followed by the storages.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from nasray.core.errors import DataError, require
from nasray.data.importers.plain_pickle import ALLOWED, BROKEN, REMEDY, load_plain

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
"""Class in ``torch`` -> its numbers, as numpy names them."""


class _Tensor:
    """Stands for torch's tensor constructor. An object without attributes: a pickle may set those of a function."""

    __slots__ = ()

    def __call__(
        self, storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
    ) -> NDArray[Any]:
        """A view of the storage, checked to stay within it."""
        reach = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True)) + 1
        if min((offset, *size, *stride), default=0) < 0 or (0 not in size and reach > len(storage)):
            raise ValueError(f"a tensor of size {size} and stride {stride} does not fit into its storage")
        return as_strided(storage[offset:], size, [step * storage.itemsize for step in stride], writeable=False)


ALLOWED_IN_TORCH: Mapping[tuple[str, str], Any] = {
    **ALLOWED,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor(),
    **{("torch", name): code for name, code in STORAGES.items()},
}


def load_torch(path: Path) -> Any:
    """The object in the file at ``path``; tensors are numpy arrays.

    Raises:
        DataError: The file is truncated or foreign, or asks for something that is not allowed.
    """
    try:
        with path.open("rb") as file:
            return _from_zip(path, file) if zipfile.is_zipfile(file) else _from_pickles(path, file)
    except (*BROKEN, zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path} is not a whole file of torch.save ({error!r}); {REMEDY}") from error


def _from_zip(path: Path, file: IO[bytes]) -> Any:
    """The newer layout: a storage is read when the pickle asks for it."""
    with zipfile.ZipFile(file) as archive:
        found = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        require(len(found) == 1, f"{path}: {len(found)} entries called data.pkl, but there is one; {REMEDY}", DataError)
        folder = found[0].removesuffix("data.pkl")
        read: dict[str, NDArray[Any]] = {}

        def storage(pid: Any) -> NDArray[Any]:
            _, kind, key, _, n_numbers = pid
            if key not in read:
                read[key] = np.frombuffer(archive.read(f"{folder}data/{key}"), _dtype(kind))
            if len(read[key]) != n_numbers:
                raise ValueError(f"storage {key} has {len(read[key])} numbers, but {n_numbers} were written")
            return read[key]

        with archive.open(found[0]) as pickled:
            return load_plain(path, pickled, ALLOWED_IN_TORCH, storage)


def _from_pickles(path: Path, file: IO[bytes]) -> Any:
    """The older layout: the storages come last, so that arrays are handed out first and filled afterwards."""
    size = path.stat().st_size
    file.seek(0)
    heading = [load_plain(path, file, {}) for _ in range(3)]
    require(
        heading[:2] == [MAGIC, PROTOCOL],
        f"{path}: it begins with {heading[:2]!r:.80}, but a file of torch.save begins with {MAGIC} and {PROTOCOL}; "
        f"{REMEDY}",
        DataError,
    )
    given: dict[str, NDArray[Any]] = {}

    def storage(pid: Any) -> NDArray[Any]:
        _, kind, key, _, n_numbers, *_ = pid
        if not 0 <= n_numbers * _dtype(kind).itemsize <= size:
            raise ValueError(f"storage {key} of {n_numbers} numbers is larger than the file")
        return given.setdefault(key, np.zeros(n_numbers, _dtype(kind)))

    content = load_plain(path, file, ALLOWED_IN_TORCH, storage)
    for key in load_plain(path, file, {}):
        array = given[key]
        n_numbers = int.from_bytes(file.read(8), "little")
        raw = file.read(array.nbytes)
        if n_numbers != len(array) or len(raw) != array.nbytes:
            raise ValueError(f"storage {key} has {n_numbers} numbers, but {len(array)} were announced")
        array[:] = np.frombuffer(raw, array.dtype)
    return content


def _dtype(code: Any) -> np.dtype[Any]:
    """The numbers of a storage, from what stands for its class."""
    if code not in STORAGES.values():
        raise ValueError(f"a storage of {code!r}")
    return np.dtype(code)
