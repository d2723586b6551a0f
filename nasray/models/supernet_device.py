"""Where a translation network computes, and on how many threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from nasray.core.errors import require

DEVICES = ("auto", "cpu", "cuda")


def device_named(name: str, who: str) -> torch.device:
    """``auto`` takes a GPU where there is one.

    Raises:
        ConfigError: ``cuda`` was asked for, and there is none.
    """
    present = torch.cuda.is_available()
    require(
        present or name != "cuda",
        f"{who}.device got cuda, but torch sees no GPU here; set device=cpu, or auto to use one where it is",
    )
    return torch.device("cuda" if present and name != "cpu" else "cpu")


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """``n`` torch threads within, as many as before afterwards; their number decides the last bits of a sum."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
