"""Message catalogues of programs: the binary files that GNU gettext compiles translations to."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from nasray.core.errors import DataError, require

_LITTLE, _BIG = b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"
_CHARSET = re.compile(r"charset=([\w-]+)")

Message = tuple[str, str, int]
"""Context, English text, and which form of a plural it is, 0 for the singular."""


def read_catalogue(path: Path) -> dict[Message, str]:
    """Message -> translation; what is not translated is left out, and so is the header.

    Of plurals, the first form translates the singular. The second one translates the plural where there are no more
    than two: where there are three, none of them says what the English plural says.

    Raises:
        DataError: It is no catalogue, or is torn, or its characters are not of the encoding that it names.
    """
    try:
        content = path.read_bytes()
        require(content[:4] in (_LITTLE, _BIG), f"{path} is no message catalogue; it has another beginning", DataError)
        raw = list(_strings(content))
        header = next((text for message, text in raw if not message), b"").decode("ascii", "replace")
        found = _CHARSET.search(header)
        return _decoded(raw, found[1] if found else "utf-8")
    except (OSError, struct.error, UnicodeDecodeError, LookupError, IndexError) as error:
        raise DataError(
            f"message catalogue {path} cannot be read: {error}; leave it out, or install it again"
        ) from error


def _strings(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Messages and translations, as they are stored."""
    order = "<" if content[:4] == _LITTLE else ">"
    n, messages, translations = struct.unpack_from(f"{order}3I", content, 8)
    for number in range(n):
        pair: list[bytes] = []
        for table in (messages, translations):
            length, start = struct.unpack_from(f"{order}2I", content, table + 8 * number)
            require(start + length <= len(content), "a message catalogue ends too early; install it again", DataError)
            pair.append(content[start : start + length])
        yield pair[0], pair[1]


def _decoded(raw: list[tuple[bytes, bytes]], charset: str) -> dict[Message, str]:
    found: dict[Message, str] = {}
    for stored, translated in raw:
        if not stored:
            continue
        context, _, text = stored.decode(charset).rpartition("\x04")
        singular, *plural = text.split("\0")
        forms = translated.decode(charset).split("\0")
        found[context, singular, 0] = forms[0]
        if plural and len(forms) == 2:
            found[context, plural[0], 1] = forms[1]
    return {message: text for message, text in found.items() if text}
