"""Whether a run's result is what its journal says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasray.core.errors import RecordError
from nasray.core.measurement import Outcome
from nasray.search.archive import archive_hash


def check_archive(folder: Path, result: Mapping[str, Any], outcomes: Sequence[Outcome]) -> None:
    """Refuse a result that is not the journal's: it says what no search found.

    Raises:
        RecordError: The archive's hash in the result is not that of the outcomes.
    """
    recorded, journaled = result.get("archive"), archive_hash(outcomes)
    if recorded != journaled:
        raise RecordError(
            f"{folder}: result.json has archive {recorded}, but the outcomes in journal.jsonl have {journaled}: one "
            "of the two was edited after the run; restore it from a copy"
        )
