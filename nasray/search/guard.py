"""Turns whatever an evaluator raises into Failure records: the search goes on."""

import time
import traceback
from collections.abc import Sequence

from nasray.core.errors import DataError
from nasray.core.evaluator import Evaluator
from nasray.core.measurement import Cost, Failure, FailureKind, Result
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


def guarded(evaluator: Evaluator, proposals: Sequence[Proposal], streams: Streams) -> list[Result]:
    """One result a proposal, in order; a candidate that raises becomes a Failure with its traceback.

    When a batch raises, its proposals are evaluated one by one to find the culprit: an evaluation depends on its
    proposal alone, so the innocent get the numbers they would have got.

    Raises:
        DataError: A table lacks what was asked of it. That is the user's mistake, not the candidate's.
    """
    try:
        return list(evaluator.evaluate(proposals, streams))
    except DataError:
        raise
    except Exception:  # noqa: BLE001 - the documented boundary between candidates and the search
        if len(proposals) > 1:
            return [result for proposal in proposals for result in guarded(evaluator, [proposal], streams)]
    began = time.perf_counter()
    try:
        return list(evaluator.evaluate(proposals, streams))
    except Exception as error:  # noqa: BLE001 - see above
        return [_failure(error, time.perf_counter() - began)]


def _failure(error: Exception, seconds: float) -> Failure:
    """The record of a candidate's exception."""
    story = "".join(traceback.format_exception(error))
    return Failure(_kind(error), f"{type(error).__name__}: {error}", story, Cost(wall_seconds=seconds))


def _kind(error: Exception) -> FailureKind:
    """Which kind of failure an exception is; torch's out-of-memory error is known by name, torch is not imported."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "out_of_memory"
    if isinstance(error, FloatingPointError):
        return "not_finite"
    return "exception"
