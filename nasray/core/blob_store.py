"""Where weights are kept."""

from typing import Protocol


class BlobStore(Protocol):
    """Content-addressed bytes: the address is the SHA-256 of the content, so that a blob is written once."""

    def put(self, content: bytes) -> str:
        """Store ``content`` and return its address."""
        ...

    def get(self, address: str) -> bytes:
        """The content at ``address``.

        Raises:
            RecordError: Nothing is stored there, or what is stored is not what was put.
        """
        ...
