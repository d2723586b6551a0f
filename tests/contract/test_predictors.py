"""Every predictor of conf/predictor keeps the contract."""

import pytest
import torch

from nasray.app.parts import build, constructor_of
from nasray.data.catalog import Catalog
from nasray.testing.copying_model import CopyingModel
from nasray.testing.predictor_contract import PredictorContract

BRIEF = {"features": "genes", "pool_size": 200, "width": 32, "depth": 2, "steps": 300, "batch_size": 32}
SMALL = {"distilled": BRIEF, "distilled_paper": BRIEF | {"learning_rate": 0.001, "standardise": True}}
"""Instead of what ships, where that would train for minutes, or not enough to learn anything."""


@pytest.fixture(scope="module")
def space(composed, name):
    """Its cells in a network so small that proxies of a whole batch take milliseconds."""
    if name == "hat_latency":
        return build(composed("space", "hat"))
    return build(composed("space", "nasbench201") | {"channels": 4, "cells_per_stage": 1})


@pytest.fixture(scope="module")
def live(settings, space, composed, request):
    """What the predictor is handed: the space, and the table that it names."""
    shared = {"space": space, "language_model": CopyingModel()}
    if "table" not in settings:
        return shared
    folder = request.getfixturevalue("tmp_path_factory").mktemp("tables")
    catalog = Catalog(folder=folder, mirror=request.getfixturevalue("mirror"))
    owner = build(composed("space", catalog.entry(settings["table"]).space))
    return {**shared, "table": catalog.open(settings["table"], owner)}


@pytest.fixture(scope="module")
def settings(composed, name):
    """As they ship, but for the numbers that only say how much is computed on untrained networks."""
    if name in SMALL:
        return composed("predictor", name) | SMALL[name]
    found = composed("predictor", name)
    small = {"batch_size": 4, "input_shape": [3, 8, 8], "reference": 2}
    trained = "epochs" in found
    return found if trained else found | {key: value for key, value in small.items() if key in found}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Layers of four channels gain nothing from a second thread, and lose much where processors are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # of other processes
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def make_predictor(settings, live):
    return constructor_of(settings, live)


class TestPredictors(PredictorContract):
    group = "predictor"
