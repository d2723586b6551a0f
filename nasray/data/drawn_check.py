"""Whether a search in a space will find its candidates in a table that claims to have them all."""

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.data.table import Table

N_DRAWN = 16


def check_drawn(table: Table, space: SearchSpace) -> None:
    """Draw some members of ``space`` and look them up, if ``table`` is complete.

    A larger space than the table's can read every row of it, so that reading alone does not show the difference.

    Raises:
        DataError: The table has not measured one of them.
    """
    if not table.complete:
        return
    streams = Streams(0, f"table {table.header.name}")
    for number in range(N_DRAWN):
        drawn = space.sample(streams.at(number))
        found = space.canonical(drawn) if table.canonical else drawn
        if found.genes not in table.index:
            raise DataError(_refusal(table, space, drawn))


def _refusal(table: Table, space: SearchSpace, drawn: Architecture) -> str:
    return (
        f"table {table.header.name} has every architecture of space {table.header.space}, but this "
        f"{type(space).__name__} also draws {drawn.key}, which was not measured: choose space={table.header.space}, or "
        "another table"
    )
