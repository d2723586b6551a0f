"""How often, and after what time, a failed call is made again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from nasray.core.errors import require
from nasray.llm.call_error import CallError

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Retries:
    """Calls made again after waits that double, or that the server asked for (``Retry-After``).

    Args:
        attempts: Most calls for one request, the first included.
        first_wait_seconds: Before the second call.
        most_wait_seconds: No wait is longer; a server that asks for more is given up on at once.

    Raises:
        ConfigError: A value is impossible.
    """

    attempts: int
    first_wait_seconds: float
    most_wait_seconds: float

    def __post_init__(self) -> None:
        """Refuse what would never call."""
        require(self.attempts >= 1, f"retries.attempts ({self.attempts}) must be at least 1")
        require(
            0 <= self.first_wait_seconds <= self.most_wait_seconds,
            f"retries.first_wait_seconds ({self.first_wait_seconds}) must be between 0 and most_wait_seconds "
            f"({self.most_wait_seconds})",
        )

    def call(self, function: Callable[[], Answer], spread: float, sleep: Callable[[float], None]) -> Answer:
        """The answer of the first call that succeeds.

        Args:
            function: What is called.
            spread: In [0, 1): makes waits up to half as long again, so that callers do not return all at once.
            sleep: Waits so many seconds.

        Raises:
            CallError: That of the last call.
        """

        def wait(state: RetryCallState) -> float:
            asked = getattr(_error(state), "retry_after", None)
            doubled = self.first_wait_seconds * 2 ** (state.attempt_number - 1) * (1 + spread / 2)
            return min(doubled, self.most_wait_seconds) if asked is None else asked

        retrying = Retrying(
            retry=retry_if_exception(self._worth_it),
            stop=stop_after_attempt(self.attempts),
            wait=wait,
            sleep=sleep,
            reraise=True,
        )
        return retrying(function)

    def _worth_it(self, error: BaseException) -> bool:
        return (
            isinstance(error, CallError)
            and error.retryable
            and (error.retry_after is None or error.retry_after <= self.most_wait_seconds)
        )


def _error(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
