"""How well the latency of HAT's Transformers is predicted on each of the eight measured pairs of task and device.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e14_hat_predictors/latency.py``. Prints the table of ``README.md``
and writes ``results/latency.json``. 1,600 architectures teach, the other 400 are judged; the division is drawn.
"""

import json
import os
from pathlib import Path

import numpy as np

from nasray.app.catalogs import space_named
from nasray.app.provenance import commit
from nasray.core.seeds import Streams
from nasray.data.importers.hat_latency_samples import N_ROWS, SHA256, HatLatencySamples
from nasray.predictors.hat_latency import HatLatency

N_TAUGHT = 1_600
RESULTS = Path(__file__).with_name("results")


def errors(predicted: np.ndarray, measured: np.ndarray) -> list[float]:
    """Mean of |error| / measured in %, root of the mean squared error in ms."""
    gaps = predicted - measured
    return [round(float(100 * (abs(gaps) / measured).mean()), 2), round(float(np.sqrt((gaps**2).mean())), 2)]


def figures(samples: HatLatencySamples, order: np.ndarray) -> dict[str, list[float]]:
    features, measured = samples.features, samples.total_ms
    taught, judged = order[:N_TAUGHT], order[N_TAUGHT:]
    fitted = HatLatency.fitted(space_named("hat"), features[taught], measured[taught])
    plain = np.hstack([np.ones((N_ROWS, 1)), features])
    weights = np.linalg.lstsq(plain[taught], measured[taught], rcond=None)[0]
    return {
        "mean": errors(np.full(len(judged), measured[taught].mean()), measured[judged]),
        "least squares on the ten features": errors(plain[judged] @ weights, measured[judged]),
        "HatLatency": errors(fitted.predict_features(features[judged]), measured[judged]),
        "measured_ms": [round(float(measured.min()), 1), round(float(measured.max()), 1)],
    }


def main() -> None:
    mirror = Path(os.environ["NASRAY_DATA_MIRROR"])
    order = Streams(0, "e14/latency").at(0).permutation(N_ROWS)
    found = {name: figures(HatLatencySamples.read(mirror, name), order) for name in SHA256}
    print("| task and device | measured | mean | least squares on the ten features | `HatLatency` |")
    for name, row in found.items():
        low, high = row["measured_ms"]
        cells = ["{:.1f} % / {:.1f}".format(*error) for kind, error in row.items() if kind != "measured_ms"]
        print(f"| {name} | {low:.0f}-{high:.0f} | {' | '.join(cells)} |")
    head, changed = commit()
    line = {"experiment": "e14/latency", "commit": head, "uncommitted_changes": changed, "figures": found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latency.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
