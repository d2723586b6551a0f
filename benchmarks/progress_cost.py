"""What the terminal progress costs a search that makes 20,000 outcomes a second.

Run: ``python benchmarks/progress_cost.py``. The last line is one JSON object: for chunks of 1, 64 and 2,048 the
share of the search's time that the progress takes, best of five.
"""

import io
import itertools
import json
import time

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.tracking.progress import Progress

N, SECONDS = 20_480, 1.024


class Terminal(io.StringIO):
    """A stream that looks like a terminal."""

    def isatty(self) -> bool:
        return True


def share(chunk: int) -> float:
    told = [Outcome(Proposal(slot, Architecture((slot,))), Measurement(float(slot))) for slot in range(N)]
    chunks = [told[first : first + chunk] for first in range(0, N, chunk)]
    spent: list[float] = []
    for _ in range(5):
        ticks = itertools.count(1000.0, SECONDS / (len(chunks) + 2)).__next__
        shown = Progress(total=N, metric="", describe=lambda cell: cell.key, stream=Terminal(), clock=ticks)
        shown.told(told[:1])  # rich is imported once a process, not once a second
        began = time.process_time()
        for piece in chunks:
            shown.told(piece)
        spent.append(time.process_time() - began)
    return min(spent) / SECONDS


if __name__ == "__main__":
    print("bar: below 0.01 where outcomes come in chunks")
    print(json.dumps({f"share_chunk_{chunk}": round(share(chunk), 4) for chunk in (1, 64, 2048)}))
