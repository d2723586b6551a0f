"""How the command line ends.

0: done. 2: a user error, told in one message. 3: a crash, with its traceback; or a search that ended without one
measured candidate, with the message of the first failure. 100 + n: n jobs of a sweep failed, at most 125. 130:
interrupted. 141: nobody reads the output any more.
"""

import os
import select
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from nasray.core.errors import NasrayError
from nasray.core.machine_trouble import machine_trouble


def kept(folder: Path | None) -> str:
    """What is safe, and the next step."""
    begun = folder is not None and (folder / "journal.jsonl").exists()
    return f"everything measured is kept, `nasray resume {folder}` goes on" if begun else "nothing was lost"


def end_without_a_measurement(message: str) -> NoReturn:
    """Tell that a search found nothing at all, and end with code 3: a script must not take it for a success."""
    print(f"nasray: {message}", file=sys.stderr)
    sys.exit(3)


@contextmanager
def exit_codes(folder: Path | None = None) -> Generator[None]:
    """2 for what the user can correct, 3 for what we must, 130 for an interruption.

    Args:
        folder: The run that is being worked on, to say how to go on with it.
    """
    try:
        yield
    except NasrayError as error:
        print(f"nasray: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print(f"nasray: interrupted; {kept(folder)}", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError as error:
        if not _nobody_reads():
            _crashed(error, folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        sys.exit(141)
    except Exception as error:  # noqa: BLE001 - the outermost boundary: a crash is shown whole, with its own exit code
        _crashed(error, folder)


def _nobody_reads() -> bool:
    """Whether what is printed goes to a program that has ended, as in ``nasray data list | head``."""
    poll = select.poll()
    poll.register(sys.stdout, select.POLLOUT)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _crashed(error: Exception, folder: Path | None) -> NoReturn:
    """A machine that refuses is told in one message, everything else is shown whole."""
    if trouble := machine_trouble(error, folder or Path.cwd()):
        print(f"nasray: {trouble}, or choose another folder; {kept(folder)}", file=sys.stderr)
        sys.exit(2)
    traceback.print_exception(error)
    print(f"nasray: this was not foreseen: a bug in nasray, or in a part of your own; {kept(folder)}", file=sys.stderr)
    sys.exit(3)
