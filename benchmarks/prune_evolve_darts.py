"""How long the pruning-evolutionary search takes on DARTS.

Run: ``python benchmarks/prune_evolve_darts.py``. The search of ``conf/strategy/prune_evolve.yaml`` on both cells of
DARTS by the network of ``conf/predictor/gcn.yaml``, which was fitted beforehand, not timed, on the sizes of 200 random
members. The last line is one JSON object: ``seconds`` from the first ask to the answer; ``scores_asked``, how many
graphs were scored, supernets included; ``threads`` of torch. TG-NAS took 2 minutes on a graphics card.
"""

import json
import time
from importlib.resources import files

import numpy as np
import torch
import yaml

from nasray.app.parts import build
from nasray.core.seeds import Streams
from nasray.predictors.parameters import Parameters
from nasray.spaces.darts import Darts

MEMBERS = 200
BAR_SECONDS = 15.0


def setting(group: str, name: str) -> dict[str, object]:
    return yaml.safe_load((files("nasray.conf") / group / f"{name}.yaml").read_text(encoding="utf-8"))


def main() -> None:
    space = Darts(channels=16, cells=8, allow_none=False)
    rng = Streams(0, "benchmark").at(0)
    members = [space.sample(rng) for _ in range(MEMBERS)]
    predictor = build(setting("predictor", "gcn"), space=space)
    predictor.fit(members, np.log(Parameters(space=space, input_shape=(3, 32, 32), n_classes=10).predict(members)))
    # A learner would wait for outcomes; what is timed here is the search by one that has learnt.
    strategy = build({**setting("strategy", "prune_evolve"), "warm_up": 1}, space=space, predictor=Fitted(predictor))
    start = time.perf_counter()
    (answer,) = strategy.ask(range(1), Streams(0, "strategy"))
    seconds = time.perf_counter() - start
    asked = answer.notes["prune_evolve"]["scores_asked"]
    print(f"bar: < {BAR_SECONDS:g} s on 2 cores; found {space.to_text(answer.architecture)} by {answer.operation}")
    print(json.dumps({"seconds": round(seconds, 2), "scores_asked": asked, "threads": torch.get_num_threads()}))


class Fitted:
    """A predictor that has learnt and hides that it could learn more."""

    def __init__(self, inner: object) -> None:
        self.higher_is_better = inner.higher_is_better
        self.predict, self.predict_graphs = inner.predict, inner.predict_graphs


if __name__ == "__main__":
    main()
