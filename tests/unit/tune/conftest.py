"""An executor whose crew is the test's own."""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from nasray.tune.tune_executor import TuneExecutor

_SETTINGS = {"workers": 1, "cpus_per_worker": 1.0, "gpus_per_worker": 0.0, "time_limit_seconds": None}
_SETTINGS |= {"max_attempts": 1, "chunk_size": 1, "evaluator_chunk_size": 1, "width": 1}


@pytest.fixture
def executor_with() -> Callable[..., TuneExecutor]:
    """``executor_with(crew, workers=2, …)``."""

    def made(crew: Any, **changes: Any) -> TuneExecutor:
        kept: Any = SimpleNamespace(at_work=lambda *_: nullcontext(crew))
        settings: dict[str, Any] = {**_SETTINGS, **changes}
        return TuneExecutor(crew=kept, **settings)

    return made
