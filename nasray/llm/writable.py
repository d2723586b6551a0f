"""Makes any text one that can be sent and kept."""


def writable(text: str) -> str:
    r"""``text`` with halves of characters, which no file and no server takes, spelled out: ``\ud83d``."""
    return text.encode(errors="backslashreplace").decode()
