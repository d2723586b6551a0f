"""A table is imported by the space that it belongs to, and refused to others with what to type instead."""

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest

from nasray.app.catalogs import space_named, table_for
from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError
from nasray.data.catalog import Catalog
from nasray.data.importers.csv_rows import CsvRows
from nasray.data.importers.nasbench201 import NASBENCH201
from nasray.data.importers.transnas_micro import TRANSNAS_MICRO
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

SPACE = NasBench201(channels=1, cells_per_stage=1)
OTHER = TransNasMicro(channels=2, stem_halvings=0)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """The table nasbench201 with one cell in a mirror, and transnas_micro nowhere."""
    columns = NASBENCH201.columns[:1]
    text = SPACE.to_text(Architecture((1, 2, 3, 4, 0, 1)))
    lines = f"arch,{columns[0].name}\n{text},50\n"
    (tmp_path / "cells.csv.gz").write_bytes(gzip.compress(lines.encode()))
    read = CsvRows(text_column="arch", columns=columns, n_rows=1, low=0.0, high=100.0).read
    file = {"file_name": "cells.csv.gz", "sha256": None, "read": read}
    here = replace(NASBENCH201, n_rows=1, columns=columns, complete=False, **file)
    return Catalog(folder=tmp_path / "tables", mirror=tmp_path, entries=(here, TRANSNAS_MICRO))


def test_another_space_is_told_what_to_type(catalog: Catalog) -> None:
    message = (
        "table nasbench201 has the cells of space=nasbench201, not those of TransNasMicro; choose space=nasbench201, "
        "or measure by evaluator=table_transnas, or evaluator=training, or evaluator=synthetic (a formula)"
    )
    with pytest.raises(CapabilityError, match=re.escape(message)):
        table_for(OTHER, "nasbench201", catalog)
    assert catalog.has("nasbench201")  # imported all the same, by its own space
    assert len(table_for(SPACE, "nasbench201", catalog)) == 1


def test_transformers_are_told_of_evaluators_that_take_them(catalog: Catalog) -> None:
    message = (
        "table nasbench201 has the cells of space=nasbench201, not those of Hat; choose space=nasbench201, or measure "
        "by evaluator=translation_training dataset=parallel_text, or evaluator=supernet dataset=parallel_text "
        "evaluator.weights=FILE, or evaluator=synthetic (a formula)"
    )
    with pytest.raises(CapabilityError, match=re.escape(message)):
        table_for(space_named("hat"), "nasbench201", catalog)


def test_what_is_wrong_with_the_table_itself_is_told_as_it_is(catalog: Catalog) -> None:
    with pytest.raises(DataError, match="table transnas_micro is not here"):
        table_for(OTHER, "transnas_micro", catalog)
    table_for(SPACE, "nasbench201", catalog)
    catalog.path("nasbench201").write_bytes(b"")
    with pytest.raises(DataError, match="truncated or replaced"):
        table_for(SPACE, "nasbench201", catalog)
