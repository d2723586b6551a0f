"""Makes any text, also that of an error, one that can be sent and kept."""


def writable(text: str) -> str:
    r"""``text`` with halves of characters, which no file and no server takes, spelled out: ``\ud83d``."""
    return text.encode(errors="backslashreplace").decode()


def in_one_line(error: BaseException) -> str:
    """Kind and message of ``error``, in one line that can be kept."""
    return writable(" ".join(f"{type(error).__name__}: {error}".split()))
