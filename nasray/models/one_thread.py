"""Torch on one thread: sums are split among threads, so that their number decides the last bits."""

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Generator[None]:
    """One torch thread within, as many as before afterwards; also as a decorator, ``@one_thread()``."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
