"""How well ``darts_fitted`` ranks genotypes that it has not seen, and how its settings were chosen.

Run: ``NASRAY_DATA_MIRROR=FOLDER python benchmarks/darts_fitted_quality.py``. The candidates are compared on the folds
of seeds 0 and 1; the chosen one is then measured on the folds of seeds 2 to 6: other splits, though of the same
genotypes. The last line is one JSON object: ``kendall_tau``, ``mae`` and ``rmse`` (points) of the chosen one, mean over
5 repeats of 5-fold cross-validation, ``tau_min`` and ``tau_max`` over the repeats, ``target_std``, ``fit_seconds`` on
the whole pool.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import KFold

from nasray.data.catalog import Catalog
from nasray.evaluators.darts_features import darts_features
from nasray.evaluators.sum_kernel import SumKernel
from nasray.spaces.darts import Darts

CHOSEN = (10.0, 300.0, 0.003)
CHOOSING, MEASURING = (0, 1), (2, 3, 4, 5, 6)
CANDIDATES = [(10.0, weight, gamma) for weight in (0.0, 30.0, 100.0, 300.0) for gamma in (0.003, 0.01)]
N_FOLDS = 5

Floats = NDArray[np.float64]


def held_out(settings: tuple[float, float, float] | None, x: Floats, z: Floats, y: Floats, seed: int) -> Floats:
    """``(N,)`` predictions, each by a fit that has not seen it; without settings by gradient-boosted trees."""
    predicted = np.zeros_like(y)
    for seen, unseen in KFold(N_FOLDS, shuffle=True, random_state=seed).split(x):
        if settings is None:
            trees = GradientBoostingRegressor(
                n_estimators=400, learning_rate=0.05, subsample=0.5, max_features=0.2, random_state=0
            )
            predicted[unseen] = trees.fit(x[seen], y[seen]).predict(x[unseen])
        else:
            ridge, weight, gamma = settings
            fit = SumKernel(ridge=ridge, weight=weight, gamma=gamma).fit(x[seen], z[seen], y[seen])
            predicted[unseen] = fit.predict(x[unseen], z[unseen])
    return predicted


def quality(predicted: Floats, y: Floats) -> tuple[float, float, float]:
    """Kendall tau, mean absolute error, root mean squared error."""
    error = predicted - y
    return float(kendalltau(predicted, y)[0]), float(np.abs(error).mean()), float(np.sqrt((error**2).mean()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("NASRAY_DATA_MIRROR"), help="source files")
    mirror = parser.parse_args().mirror
    if not mirror:
        sys.exit("darts_fitted_quality needs the pool: set NASRAY_DATA_MIRROR or give --mirror FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        space = Darts(channels=36, cells=20, allow_none=False)
        table = Catalog(folder=Path(folder), mirror=Path(mirror)).open("darts_pool", space)
        (x, z), y = darts_features(table.genes), table.column("cifar10_valid_100").copy()
    for settings in [None, *CANDIDATES]:
        taus = [quality(held_out(settings, x, z, y, seed), y)[0] for seed in CHOOSING]
        name = "gradient-boosted trees" if settings is None else "ridge {:g}, weight {:g}, gamma {:g}".format(*settings)
        print(f"{name:<36} tau {np.mean(taus):.4f}{'  <- chosen' if settings == CHOSEN else ''}")
    repeats = np.array([quality(held_out(CHOSEN, x, z, y, seed), y) for seed in MEASURING])
    start = time.perf_counter()
    SumKernel(ridge=CHOSEN[0], weight=CHOSEN[1], gamma=CHOSEN[2]).fit(x, z, y)
    tau, mae, rmse = repeats.mean(0)
    print(f"bars: tau > 0.75; {len(y):,} genotypes, {N_FOLDS} folds, {len(MEASURING)} repeats")
    figures = {
        "kendall_tau": round(float(tau), 4),
        "tau_min": round(float(repeats[:, 0].min()), 4),
        "tau_max": round(float(repeats[:, 0].max()), 4),
        "mae": round(float(mae), 4),
        "rmse": round(float(rmse), 4),
        "target_std": round(float(y.std()), 4),
        "fit_seconds": round(time.perf_counter() - start, 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
