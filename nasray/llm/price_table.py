"""List prices of hosted models, each with the day it was read."""

import csv
import re
from importlib.resources import files

from nasray.llm.price import Price

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def listed_price(model: str) -> Price | None:
    """The price of ``model`` in ``prices.csv``, its dated snapshots included; None where it is not listed."""
    wanted = {model, _SNAPSHOT.sub("", model)}
    lines = files("nasray.llm").joinpath("prices.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(lines):
        if row["model"] in wanted:
            return Price(
                prompt=float(row["prompt_usd_per_million"]),
                completion=float(row["completion_usd_per_million"]),
                as_of=f"{row['as_of']}, {row['source']}",
            )
    return None
