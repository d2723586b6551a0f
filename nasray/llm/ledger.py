"""The ledger of a cache, read while or after somebody writes it."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from nasray.core.errors import RecordError
from nasray.llm.ledger_row import LedgerRow

_TOTALS = """
SELECT model, sum(status = 'paid'), sum(status IN ('hit', 'joined')), sum(status = 'failed'), sum(status = 'lost'),
    sum(prompt_tokens), sum(completion_tokens),
    CASE WHEN count(call) > 0 AND count(call) = sum(usd IS NULL) THEN NULL ELSE coalesce(sum(usd), 0.0) END,
    sum(usd IS NULL),
    coalesce(avg(latency_seconds) FILTER (WHERE status = 'paid'), 0.0)
FROM ledger GROUP BY model ORDER BY model
"""
_FAILURES = "SELECT reason, count(*) FROM ledger WHERE status IN ('failed', 'lost') AND model = ? GROUP BY 1 ORDER BY 1"


def read_ledger(path: Path) -> list[LedgerRow]:
    """Totals of every model, by name.

    Raises:
        RecordError: There is no ledger, or it cannot be read.
    """
    with read_only(path) as connection:
        rows = connection.execute(_TOTALS).fetchall()
        return [LedgerRow(*row, failures=dict(connection.execute(_FAILURES, row[:1]).fetchall())) for row in rows]


@contextmanager
def read_only(path: Path) -> Generator[sqlite3.Connection]:
    """The file of a cache, whoever owns it; nothing can be written.

    Raises:
        RecordError: It is missing, or no cache.
    """
    path = path.expanduser().resolve()
    if not path.is_file():
        raise RecordError(f"there is no language model's cache at {path}; name the file in language_model.path")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise RecordError(
            f"{path} cannot be read as a language model's cache ({error}); name the file in language_model.path"
        ) from error
