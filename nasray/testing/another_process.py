"""Calls a function where nothing of this process's state can help it."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def in_another_process(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """``function(*arguments)``, computed in a new interpreter with its own hash seed; everything is pickled."""
    return _process().submit(function, *arguments).result()


@cache
def _process() -> ProcessPoolExecutor:
    """One child for all calls of this process: starting an interpreter takes longer than most tests."""
    return ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))
