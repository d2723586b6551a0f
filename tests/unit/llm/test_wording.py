"""The words of prompts: files with placeholders, and definitions of the names that occur."""

from pathlib import Path

import pytest

import nasray.llm
from nasray.llm.wording import defined, listed, worded

PROMPTS = Path(nasray.llm.__file__).with_name("prompts")
VALUES = {"task": "TASK", "metric": "METRIC", "values": "VALUES", "value": "1.5", "rank": "1", "text": '"TEXT"'}


@pytest.mark.parametrize(
    "name", sorted(path.stem for kind in ("estimate", "propose") for path in PROMPTS.glob(f"{kind}_*"))
)
def test_every_template_is_filled_in(name):
    text = worded(name, **VALUES)
    assert text
    assert "$" not in text
    assert text == text.strip()


def test_a_missing_value_is_no_blank():
    with pytest.raises(KeyError, match="metric"):
        worded("estimate_role", task="translation")


def test_values_are_listed_line_by_line():
    assert listed({"layers": 6, "heads": [8, 4], "operator": "none"}) == "layers: 6\nheads: 8 4\noperator: none"


def test_names_that_occur_are_defined_once_and_unknown_ones_not_at_all():
    said = defined(["edge 0 -> 1", "edge 2 -> 3", "decoder_layers", "colour"]).splitlines()
    assert [line.partition(":")[0] for line in said] == ["- edge A -> B", "- decoder_layers"]
