"""How the command line ends: user errors with code 2 and one message, crashes with code 3 and a traceback."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from nasray.core.errors import NasrayError


@contextmanager
def exit_codes() -> Iterator[None]:
    """2 for what the user can correct, 3 for what we must, 130 for an interruption."""
    try:
        yield
    except NasrayError as error:
        print(f"nasray: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("nasray: interrupted; everything measured is kept, `nasray resume RUN` goes on", file=sys.stderr)
        sys.exit(130)
    except Exception:  # noqa: BLE001 - the outermost boundary: a crash is shown whole, with its own exit code
        traceback.print_exc()
        print("nasray: this is a bug in nasray; everything measured is kept in the run folder", file=sys.stderr)
        sys.exit(3)
