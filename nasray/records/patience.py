"""Storage that refuses for a while: a full disk that somebody clears, a file server that is started again."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 120.0
"""How long storage may refuse before the search ends. A search that has ended can be resumed, and holds no machine."""

FIRST_WAIT_SECONDS, MOST_WAIT_SECONDS = 0.1, 5.0

logger = logging.getLogger(__name__)


def patiently(
    write: Callable[[], object],
    path: Path,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call ``write`` until the storage takes what it writes; whatever it refuses for.

    Args:
        write: Writes, and mends what it left behind when it failed the last time.
        path: Where to, for the one line of the log that says what is waited for.
        clock: Monotonic seconds.
        sleep: Waits so many seconds.

    Raises:
        OSError: The last refusal, when patience is over.
    """
    end, wait = None, FIRST_WAIT_SECONDS
    while True:
        try:
            write()
            return
        except OSError as error:
            if end is None:
                end = clock() + PATIENCE_SECONDS
                logger.warning(
                    "%s cannot be written (%s): waiting until the storage takes it, %g s at most",
                    path, error.strerror, PATIENCE_SECONDS,
                )  # fmt: skip
            if clock() >= end:
                raise
        sleep(wait)
        wait = min(2 * wait, MOST_WAIT_SECONDS)
