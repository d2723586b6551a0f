"""Train the winners of runs from scratch, and random members that keep the same limit; write the table of e17.

Run: ``python experiments/e17_hat_search/analyse.py --corpus FOLDER --latency FILE RUN [RUN ...]``. Every network is
trained once per seed with ``conf/evaluator/translation_training.yaml``; all have the recipe and the seeds in common.
Results are kept one by one in ``results/trainings.jsonl``, so that the script can be stopped and started again.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from cpu_latency import CpuLatency

from nasray.app.catalogs import space_named
from nasray.app.parts import build
from nasray.core.architecture import Architecture
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.records.store import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = HERE / "results" / "trainings.jsonl"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders of searches")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--latency", required=True, type=Path)
    parser.add_argument("--random", type=int, default=3, help="random members within the limit")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each network")
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--beams", type=int, default=1, help="of the translations; 1 takes the best word each time")
    return parser.parse_args()


def settings(group: str, name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "conf" / group / f"{name}.yaml").read_text(encoding="utf-8"))


def candidates(space: Any, asked: argparse.Namespace) -> Iterator[tuple[str, Architecture, Mapping[str, Any]]]:
    """Name, architecture and what is known of the winner of each run, then of random members within the first limit."""
    latency, limit = CpuLatency(space=space, weights=asked.latency), 0.0
    for run in asked.runs:
        config = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["config"]
        result = json.loads((run / "result.json").read_text(encoding="utf-8"))
        limit = config["strategy"]["limits"]["latency"]["at_most"]
        best = result["best"]
        member = Architecture(tuple(best["genes"]))
        facts = {"run": run.name, "inherited": best["value"], "evaluations": result["evaluations"]}
        yield config["name"], member, {**facts, "latency_ms": float(latency.predict([member])[0])}
    rng, found = np.random.default_rng(17), 0
    while found < asked.random:
        member = space.sample(rng)
        ms = float(latency.predict([member])[0])
        if ms <= limit:
            found += 1
            yield f"random-member-{found}", member, {"latency_ms": ms}


def trained(evaluator: Any, member: Architecture, seed: int) -> dict[str, float]:
    """VALID loss and BLEU, and TEST BLEU, of one training."""
    proposal, streams = Proposal(0, member), Streams(seed, "e17")
    measured = evaluator.evaluate([proposal], streams)[0]
    tested = evaluator.test(proposal, streams).value
    return {"valid_bleu": measured.value, "valid_loss": measured.columns["loss"], "test_bleu": tested}


def main() -> None:
    asked = arguments()
    space: Any = space_named("hat_small")
    text = settings("dataset", "parallel_text") | {"folder": asked.corpus}
    section = settings("evaluator", "translation_training") | {"text": text}
    section["recipe"] |= {"updates": asked.updates}
    section["judging"] |= {"value": "bleu", "beams": asked.beams}
    done = [json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines()] if KEPT.exists() else []
    known = {(one["genes"], one["seed"], one["updates"]) for one in done}
    KEPT.parent.mkdir(exist_ok=True)
    for name, member, facts in candidates(space, asked):
        for seed in range(asked.seeds):
            if (member.key, seed, asked.updates) in known:
                continue
            row = {"arm": name, "seed": seed, "updates": asked.updates, "genes": member.key, **facts}
            with TemporaryDirectory() as scratch:
                live = {"store": Store(root=f"{scratch}/store"), "checkpoint_folder": f"{scratch}/checkpoints"}
                row |= trained(build(section, space=space, **live), member, seed)
            with KEPT.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
