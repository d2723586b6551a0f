"""The one look at NAS-Bench-201: shares of the cells, and all other tables at once. Logged in e09's ``looks.jsonl``.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e26_transfer/look.py SCORES "why this look"`` with
the folder SCORES that ``run.py`` filled. Prints the tables of ``README.md`` and writes ``results/look.json``.
"""

import datetime
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from networks import RECIPE_FILE, RECIPE_SHA256, SCENE, TRANSNAS, cells_of, judged, live_parameters

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_ranking import paired_ranking
from nasray.analysis.ranking_quality import top_share
from nasray.core.seeds import Streams
from nasray.predictors.table_lookup import TableLookup

DATASETS = ("cifar10", "cifar100", "imagenet16_120")
LIVE, LOOKUP, EVERYTHING = "live #params", "look-up", "NAS-Bench-201"
LOOKS = RECIPE_FILE.with_name("looks.jsonl")
RESULT = Path(__file__).with_name("results") / "look.json"
N_RESAMPLES = 100


def log_look(reason: str) -> int:
    """The number of this look; written before a label is read."""
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    with LOOKS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": when, "recipe_sha256": RECIPE_SHA256, "why": reason}) + "\n")
    return len(LOOKS.read_text(encoding="utf-8").splitlines())


def rows_of(folder: Path) -> dict[str, np.ndarray]:
    """Arm -> ``(S, 15625)`` scores of S seeds; the controls have one row."""
    data = cells_of("nasbench201")
    lookup = TableLookup(
        space=data.scorer.space,
        table=cells_of(TRANSNAS).table,
        column=SCENE,
        vocabulary=["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"],
        replace={"avg_pool_3x3": "none"},
    )
    rows = {LIVE: live_parameters("nasbench201")[None], LOOKUP: lookup.predict(data.cells)[None]}
    for arm in sorted({path.stem.rpartition(", ")[0] for path in folder.glob("*.npy")}):
        rows[arm] = np.stack([np.load(path) for path in sorted(folder.glob(f"{arm}, [0-9].npy"))])
    return rows


def interval(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3f}"
    found = bootstrap_interval(values, Streams(0, "e26/look").at(0))
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def compared(mean: np.ndarray, control: np.ndarray, truth: np.ndarray, name: str) -> dict[str, str]:
    """Paired bootstrap over cells, of the mean of the seeds against a control."""
    found: dict[str, str] = {}
    for part, cells in (("all", np.ones(len(truth), bool)), ("best tenth", top_share(truth, 0.1))):
        rng = Streams(0, f"e26/{name}/{part}").at(0)
        one = paired_ranking(mean[cells], control[cells], truth[cells], rng, n_resamples=N_RESAMPLES)
        found[part] = f"{one.difference:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
    return found


def main() -> None:
    number = log_look(sys.argv[2])
    print(f"look number {number} at NAS-Bench-201; recipe {RECIPE_SHA256[:12]}")
    data, rows = cells_of("nasbench201"), rows_of(Path(sys.argv[1]))
    found: dict[str, Any] = {"look": number}
    for dataset in DATASETS:
        truth = data.truth(f"{dataset}_test_200")
        print(f"\n**{dataset}**\n| row | networks | tau | tau, best tenth |\n|---|---|---|---|")
        found[dataset] = {}
        for arm, each in rows.items():
            figures = [judged(one, truth) for one in each]
            found[dataset][arm] = figures
            both = (interval([one[key] for one in figures]) for key in ("tau", "tau_best_tenth"))
            print(f"| {arm} | {len(each)} | {' | '.join(both)} |")
        for control in (LIVE, LOOKUP):
            pair = compared(rows[EVERYTHING].mean(0), rows[control][0], truth, f"{dataset}/{control}")
            found[dataset][f"{EVERYTHING} - {control}"] = pair
            print(f"mean of {EVERYTHING} - {control}: {pair}")
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
