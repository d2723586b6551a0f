"""The frames of a TFRecord file, without TensorFlow.

A record is its length (8 bytes), the length's checksum (4), its bytes, and their checksum (4), all little-endian. The
checksum is CRC-32C (Castagnoli, RFC 3720 appendix B.4), turned right by 15 bits and shifted by a constant.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError

REMEDY = "the file is truncated, damaged or no TFRecord file: get it again"
POLYNOMIAL = 0x82F63B78
MASK_DELTA = 0xA282EAD8
LONGEST = 1 << 24
"""Bytes of a record: a benchmark's have a few hundred."""

BATCH = 4_096
"""Records whose checksums are computed together: byte by byte, but for all of them at once."""


def _table() -> list[int]:
    """The checksum of every single byte."""
    found: list[int] = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        found.append(byte)
    return found


TABLE = _table()


def masked_crc32c(content: bytes) -> int:
    """The masked checksum of ``content``, as a TFRecord file has it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return _masked(crc ^ 0xFFFFFFFF)


def masked_crc32c_of_all(contents: Sequence[bytes]) -> NDArray[np.uint32]:
    """``(A,)`` masked checksums of A contents, about a hundred times as fast as one by one."""
    lengths = np.array([len(one) for one in contents])
    order = np.argsort(-lengths, kind="stable")
    table = np.array(TABLE, np.uint32)
    padded = np.zeros((int(lengths.max(initial=0)), len(contents)), np.uint8)
    for at, number in enumerate(order.tolist()):
        padded[: lengths[number], at] = np.frombuffer(contents[number], np.uint8)
    crc = np.full(len(contents), 0xFFFFFFFF, np.uint32)
    longer = np.searchsorted(-lengths[order], -np.arange(len(padded)), side="left")
    for byte, n in zip(padded, longer.tolist(), strict=True):  # the n longest still have a byte here
        crc[:n] = crc[:n] >> np.uint32(8) ^ table[(crc[:n] ^ byte[:n]) & np.uint32(0xFF)]
    found = np.empty_like(crc)
    found[order] = crc ^ np.uint32(0xFFFFFFFF)
    return ((found >> np.uint32(15) | found << np.uint32(17)) + np.uint32(MASK_DELTA)).astype(np.uint32)


def records(path: Path) -> Iterator[bytes]:
    """The contents of the records of the file at ``path``, each checked before it is handed out.

    Raises:
        DataError: A record is cut off, or is not what its checksum says: which.
    """
    try:
        with path.open("rb") as file:
            yield from _checked(path, file)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error}); {REMEDY}") from error


def _checked(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    first = 1
    while batch := [frame for frame in (_frame(path, file, first + at) for at in range(BATCH)) if frame is not None]:
        found = masked_crc32c_of_all([content for content, _ in batch])
        wrong = np.flatnonzero(found != np.array([crc for _, crc in batch], np.uint32))
        if len(wrong):
            raise DataError(f"{path}, record {first + int(wrong[0])}: its content has another checksum; {REMEDY}")
        yield from (content for content, _ in batch)
        first += len(batch)


def _frame(path: Path, file: IO[bytes], number: int) -> tuple[bytes, int] | None:
    """Content and announced checksum of the next record; None at the end of the file."""
    head = file.read(12)
    if not head:
        return None
    length = int.from_bytes(head[:8], "little")
    if len(head) < 12 or int.from_bytes(head[8:], "little") != masked_crc32c(head[:8]) or length > LONGEST:
        raise DataError(f"{path}, record {number}: its length has another checksum; {REMEDY}")
    content, tail = file.read(length), file.read(4)
    if len(tail) < 4:
        raise DataError(f"{path}, record {number}: {length} bytes are announced, but the file ends; {REMEDY}")
    return content, int.from_bytes(tail, "little")


def _masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF
