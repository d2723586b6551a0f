"""How well the latency of HAT's Transformers is predicted on each of the eight measured pairs of task and device.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e14_hat_predictors/latency.py [--asset]``. Prints the table of
``README.md`` and writes ``results/latency.json``. 1,600 architectures teach, the other 400 are judged; the division is
drawn. With ``--asset`` it also makes the shipped weights of ``predictor=hat_latency``, which all 2,000 teach.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import torch

from nasray.app.provenance import commit
from nasray.core.seeds import Streams
from nasray.data.importers.hat_latency_samples import N_ROWS, SHA256, HatLatencySamples
from nasray.models.assets import ASSETS, write_asset
from nasray.predictors.hat_latency import ASSET, fitted_weights, milliseconds

N_TAUGHT = 1_600
RESULTS = Path(__file__).with_name("results")


def errors(predicted: np.ndarray, measured: np.ndarray) -> list[float]:
    """Mean of |error| / measured in %, root of the mean squared error in ms."""
    gaps = predicted - measured
    return [round(float(100 * (abs(gaps) / measured).mean()), 2), round(float(np.sqrt((gaps**2).mean())), 2)]


def figures(samples: HatLatencySamples, order: np.ndarray) -> dict[str, list[float]]:
    features, measured = samples.features, samples.total_ms
    taught, judged = order[:N_TAUGHT], order[N_TAUGHT:]
    fitted = fitted_weights(features[taught], measured[taught])
    plain = np.hstack([np.ones((N_ROWS, 1)), features])
    weights = np.linalg.lstsq(plain[taught], measured[taught], rcond=None)[0]
    return {
        "mean": errors(np.full(len(judged), measured[taught].mean()), measured[judged]),
        "least squares on the ten features": errors(plain[judged] @ weights, measured[judged]),
        "HatLatency": errors(milliseconds(fitted, features[judged]), measured[judged]),
        "measured_ms": [round(float(measured.min()), 1), round(float(measured.max()), 1)],
    }


def make_asset(tables: list[HatLatencySamples], found: dict[str, dict[str, list[float]]]) -> None:
    """Weights of all devices; the card tells of latencies, which no search is judged by."""
    weights = {one.name: torch.from_numpy(fitted_weights(one.features, one.total_ms)) for one in tables}
    errors_of = {name: row["HatLatency"] for name, row in found.items()}
    card = {
        "name": ASSET,
        "command": "python experiments/e14_hat_predictors/latency.py --asset",
        "seen": [],
        "facts": {
            "taught_by": f"{N_ROWS} measured Transformers a device, files of SHA-256: {json.dumps(SHA256)}",
            "held_out_error_percent_and_rms_ms": errors_of,
        },
    }
    write_asset(ASSETS / ASSET, weights, card)


def main() -> None:
    mirror = Path(os.environ["NASRAY_DATA_MIRROR"])
    order = Streams(0, "e14/latency").at(0).permutation(N_ROWS)
    tables = [HatLatencySamples.read(mirror, name) for name in SHA256]
    found = {one.name: figures(one, order) for one in tables}
    print("| task and device | measured | mean | least squares on the ten features | `HatLatency` |")
    for name, row in found.items():
        low, high = row["measured_ms"]
        cells = ["{:.1f} % / {:.1f}".format(*error) for kind, error in row.items() if kind != "measured_ms"]
        print(f"| {name} | {low:.0f}-{high:.0f} | {' | '.join(cells)} |")
    if "--asset" in sys.argv[1:]:
        make_asset(tables, found)
    head, changed = commit()
    line = {"experiment": "e14/latency", "commit": head, "uncommitted_changes": changed, "figures": found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latency.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
