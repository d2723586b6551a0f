"""Where a journal ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a journal, or of a prefix of it, without a torn line.

    Attributes:
        n_bytes: Its length.
        n_lines: Its lines, header included.
        crc: The checksum of its last line, which the next line continues.
        content_crc: The checksum of all its bytes.
    """

    n_bytes: int = 0
    n_lines: int = 0
    crc: int = 0
    content_crc: int = 0
