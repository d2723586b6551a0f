"""Reading published pickles without running what is in them.

A pickle is a program: it may import any function and call it. The readers of NAS-Bench-201, NATS-Bench and
TransNAS-Bench-101 need containers and numbers, so that nothing else is let through: every name that a file asks for
must be in ``ALLOWED``, and what stands there is ours or harmless.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from nasray.core.errors import DataError

REMEDY = "get the file again from its publisher, or name the right one"
BROKEN = (
    *(pickle.UnpicklingError, EOFError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(struct.error, OverflowError, MemoryError, RecursionError),
)
"""What the pickle machine raises on damaged or foreign bytes."""

_FORMATS = {"f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "b1": "?"}


class _NumberType:
    """Stands for ``numpy.dtype``: the plain numbers alone."""

    def __init__(self, code: str, *_: object) -> None:
        """Look up the number's format, e.g. of ``f8``."""
        self._format = _FORMATS[code.lstrip("<>=|")]
        self._order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Byte order, from the tuple that numpy writes; the rest of it has no meaning for numbers."""
        self._order = ">" if state[1] == ">" else "<"

    def read(self, content: bytes) -> float | int | bool:
        """The one number in ``content``."""
        return struct.unpack(self._order + self._format, content)[0]


class _Number:
    """Stands for numpy's scalar constructor. An object without attributes: a pickle may set those of a function."""

    __slots__ = ()

    def __call__(self, kind: _NumberType, content: bytes) -> float | int | bool:
        """A Python number instead of numpy's."""
        if not isinstance(kind, _NumberType):
            raise pickle.UnpicklingError("a scalar needs the type of a number")
        return kind.read(content)


class _Latin:
    """Stands for ``_codecs.encode``, by which old protocols write bytes."""

    __slots__ = ()

    def __call__(self, text: str, encoding: str) -> bytes:
        """The bytes."""
        if encoding != "latin1":
            raise pickle.UnpicklingError(f"bytes are written as latin1, not as {encoding!r}")
        return text.encode("latin1")


ALLOWED: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("numpy", "dtype"): _NumberType,
    ("numpy.core.multiarray", "scalar"): _Number(),
    ("numpy._core.multiarray", "scalar"): _Number(),
    ("_codecs", "encode"): _Latin(),
}
"""(module, name) -> what takes its place."""


class PlainUnpickler(pickle.Unpickler):
    """Unpickles containers and numbers; refuses every other name before it is imported.

    Args:
        path: The file, for messages.
        file: Where the pickle begins.
        allowed: (module, name) -> what takes its place.
        resolve: What a persistent id means; without it a pickle may have none.
    """

    def __init__(
        self,
        path: Path,
        file: IO[bytes],
        allowed: Mapping[tuple[str, str], Any] = ALLOWED,
        resolve: Callable[[Any], Any] | None = None,
    ) -> None:
        """Read nothing yet."""
        super().__init__(file)
        self._path = path
        self._allowed = allowed
        self._resolve = resolve

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """What stands for a name.

        Raises:
            DataError: It is not allowed.
        """
        if (module_name, global_name) not in self._allowed:
            needed = ", ".join(".".join(name) for name in self._allowed) or "numbers and texts"
            raise DataError(
                f"{self._path}: the pickle asks for {module_name}.{global_name}, which could run code; refused: a "
                f"benchmark file needs {needed} alone; {REMEDY}"
            )
        return self._allowed[module_name, global_name]

    def persistent_load(self, pid: Any, /) -> Any:
        """What a persistent id means."""
        if self._resolve is None:
            raise pickle.UnpicklingError("a persistent id, but this is no file of torch.save")
        return self._resolve(pid)


def load_plain(
    path: Path,
    file: IO[bytes],
    allowed: Mapping[tuple[str, str], Any] = ALLOWED,
    resolve: Callable[[Any], Any] | None = None,
) -> Any:
    """The object that is pickled in ``file``.

    Raises:
        DataError: The pickle is damaged, or asks for something that is not allowed.
    """
    try:
        return PlainUnpickler(path, file, allowed, resolve).load()
    except BROKEN as error:
        raise DataError(f"{path} is not a whole pickle ({error!r}); {REMEDY}") from error
