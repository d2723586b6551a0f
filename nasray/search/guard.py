"""Turns whatever an evaluator raises into Failure records: the search goes on."""

import platform
import time
import traceback
from collections.abc import Sequence

from nasray.core.errors import CapabilityError, ConfigError, DataError, RecordError
from nasray.core.evaluator import Evaluator
from nasray.core.machine_trouble import machine_trouble
from nasray.core.measurement import Cost, Failure, FailureKind, Result
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.writable import in_one_line, writable


def guarded(evaluator: Evaluator, proposals: Sequence[Proposal], streams: Streams) -> list[Result]:
    """One result a proposal, in order; a candidate that raises becomes a Failure with its traceback.

    When a batch raises, its proposals are evaluated one by one to find the culprit: an evaluation depends on its
    proposal alone, so the innocent get the numbers they would have got.

    Raises:
        ConfigError: A setting is impossible. That is the user's mistake, not the candidate's.
        CapabilityError: A part lacks what the evaluator needs; likewise.
        DataError: A table lacks what was asked of it; likewise.
        RecordError: The store or the machine refuses: on another one the candidate would have been measured.
    """
    began = time.perf_counter()
    try:
        results: list[Result] = list(evaluator.evaluate(proposals, streams))
        if len(results) != len(proposals):
            raise _miscounted(evaluator, results, proposals)
        return results
    except (ConfigError, CapabilityError, DataError, RecordError):
        raise
    except Exception as error:  # the documented boundary between candidates and the search
        if refused := refusal(error):
            raise refused from error
        if len(proposals) == 1:
            return [_failure(error, time.perf_counter() - began)]
    return [result for proposal in proposals for result in guarded(evaluator, [proposal], streams)]


def refusal(error: Exception) -> RecordError | None:
    """What ends a search for now: ``error`` as one of the machine, where it is one."""
    if isinstance(error, RecordError):
        return error
    trouble = machine_trouble(error, "a file of the evaluator")
    return RecordError(f"{trouble}, then `nasray resume` the run: what was measured is kept") if trouble else None


def _miscounted(evaluator: Evaluator, results: Sequence[Result], proposals: Sequence[Proposal]) -> ValueError:
    """There must be one measurement a proposal: the journal pairs them."""
    return ValueError(
        f"{type(evaluator).__name__} gave {len(results)} measurements for {len(proposals)} proposals; "
        "it must give one each"
    )


def _failure(error: Exception, seconds: float) -> Failure:
    """The record of a candidate's exception."""
    story = writable("".join(traceback.format_exception(error)))
    return Failure(_kind(error), in_one_line(error), story, Cost(wall_seconds=seconds), platform.node())


def _kind(error: Exception) -> FailureKind:
    """Which kind of failure an exception is; torch's out-of-memory error is known by name, torch is not imported."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "out_of_memory"
    if isinstance(error, FloatingPointError):
        return "not_finite"
    return "exception"
