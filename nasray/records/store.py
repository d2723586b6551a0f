"""Content-addressed files on any filesystem: weights are written once, named by what they are, checked when read."""

# pyright: basic
# Strict elsewhere in records; pyarrow and safetensors ship no types.

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from pyarrow import fs
from safetensors import SafetensorError

from nasray.core.atomic import write_atomically
from nasray.core.blob_store import BlobStore
from nasray.core.errors import ConfigError, RecordError, require

_ADDRESS = re.compile(r"[0-9a-f]{64}")
_STORABLE = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)) | {
    "bool",
    "float16",
    "float32",
    "float64",
}


@dataclass(kw_only=True)
class Store(BlobStore):
    """A BlobStore in a folder: ``ROOT/ab/abcdef…``, one file a blob.

    Safe for any number of writers without a lock: equal addresses mean equal bytes, and a file appears whole or not
    at all (rename on a local disk, one put on an object store). Pickles as its root.

    Attributes:
        root: A local folder, or a URI that pyarrow knows (``s3://bucket/prefix``, ``file:///…``).
    """

    root: str
    _filesystem: fs.FileSystem = field(init=False, repr=False, compare=False)
    _folder: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the filesystem; nothing is written yet.

        Raises:
            ConfigError: pyarrow does not know the URI.
        """
        if "://" not in self.root:
            self._filesystem, self._folder = fs.LocalFileSystem(), str(Path(self.root).absolute())
            return
        try:
            self._filesystem, self._folder = fs.FileSystem.from_uri(self.root)
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(
                f"the store's root ({self.root}) must be a folder or a URI that pyarrow knows: {reason}"
            ) from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the root, so that each process opens its own connection."""
        return _open, (self.root,)

    def check(self) -> None:
        """Make sure that blobs can be put there; nothing is written.

        Raises:
            ConfigError: The filesystem does not answer, nothing holds the root, or it may not be written to.
        """
        root = PurePosixPath(self._folder)
        try:
            found = self._filesystem.get_file_info([str(one) for one in (root, *root.parents) if one.name or one.root])
        except OSError as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"the store at {self.root} cannot be reached: {reason}") from error
        holder = next((one for one in found if one.type != fs.FileType.NotFound), None)
        rule = f"the store at {self.root} must be in a folder, or a bucket, that exists and may be written to"
        if holder is None:
            raise ConfigError(f"{rule}; there is none")
        local = isinstance(self._filesystem, fs.LocalFileSystem)
        writable = holder.type == fs.FileType.Directory and (not local or os.access(holder.path, os.W_OK))
        require(writable, f"{rule}; {holder.path} is not")

    def put(self, content: bytes) -> str:
        """Store ``content`` and return its address; a blob that is already there is not written again.

        Raises:
            RecordError: It cannot be written, e.g. because the disk is full.
        """
        address = hashlib.sha256(content).hexdigest()
        path = self._path(address)
        try:
            known = self._filesystem.get_file_info(path)
            if known.type == fs.FileType.File and known.size == len(content):
                return address
            self._filesystem.create_dir(str(Path(path).parent), recursive=True)
            if isinstance(self._filesystem, fs.LocalFileSystem):
                write_atomically(Path(path), content)
            else:
                with self._filesystem.open_output_stream(path) as stream:
                    stream.write(content)
        except OSError as error:
            raise RecordError(
                f"the store cannot write {len(content)} bytes to {self.root} ({error}); free space there, or choose "
                "another folder"
            ) from error
        return address

    def get(self, address: str) -> bytes:
        """The content at ``address``, checked against it.

        Raises:
            RecordError: Not an address, nothing stored there, unreadable, or not what was put.
        """
        _check_address(address)
        try:
            with self._filesystem.open_input_file(self._path(address)) as file:
                content = file.readall()
        except FileNotFoundError as error:
            raise RecordError(
                f"the store at {self.root} has no blob {address}; was it written to another store?"
            ) from error
        except OSError as error:
            raise RecordError(f"the store at {self.root} cannot read blob {address}: {error}") from error
        got = hashlib.sha256(content).hexdigest()
        require(
            got == address,
            f"blob {address} in {self.root} is damaged: its content hashes to {got}; delete the file and put it again",
            RecordError,
        )
        return content

    def delete(self, address: str) -> None:
        """Forget the content at ``address``; nothing happens when there is none.

        NOTE: equal contents share an address: whoever deletes must know that nobody else needs it.

        Raises:
            RecordError: Not an address, or the filesystem refuses.
        """
        _check_address(address)
        try:
            self._filesystem.delete_file(self._path(address))
        except FileNotFoundError:
            return
        except OSError as error:
            raise RecordError(
                f"the store at {self.root} cannot delete blob {address} ({error}); make the folder writable"
            ) from error

    def _path(self, address: str) -> str:
        return f"{self._folder.rstrip('/')}/{address[:2]}/{address}"


def save_arrays(store: BlobStore, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Store named arrays as safetensors and return their address; equal arrays have equal addresses.

    Raises:
        RecordError: An array has a type that safetensors does not know, or the store cannot write.
    """
    return store.put(arrays_to_bytes(arrays))


def load_arrays(store: BlobStore, address: str) -> dict[str, NDArray[Any]]:
    """The arrays at ``address``.

    Raises:
        RecordError: Nothing or something damaged is stored there, or it holds no arrays.
    """
    return arrays_from_bytes(store.get(address))


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Named arrays as safetensors bytes; the order of the names does not matter.

    Raises:
        RecordError: An array has a type that safetensors does not know.
    """
    for name, array in arrays.items():
        require(
            array.dtype.name in _STORABLE,
            f"array {name!r} has type {array.dtype}; the store takes {', '.join(sorted(_STORABLE))}; convert it first",
            RecordError,
        )
    return safetensors.numpy.save({name: np.asarray(arrays[name], order="C") for name in sorted(arrays)})


def arrays_from_bytes(content: bytes) -> dict[str, NDArray[Any]]:
    """Inverse of ``arrays_to_bytes``, in the order of the names.

    Raises:
        RecordError: The bytes are not safetensors.
    """
    try:
        arrays = safetensors.numpy.load(content)
    except SafetensorError as error:
        raise RecordError(f"these {len(content)} bytes are not safetensors: {error}") from error
    return {name: arrays[name] for name in sorted(arrays)}


def _check_address(address: str) -> None:
    require(
        _ADDRESS.fullmatch(address) is not None,
        f"the store was asked for {address!r}; an address is 64 lower-case hexadecimal digits",
        RecordError,
    )


def _open(root: str) -> Store:
    """A store at ``root``, for unpickling."""
    return Store(root=root)
