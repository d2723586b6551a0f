"""Train the winners of runs from scratch, and random members that keep the same limit; write the table of e17.

Run: ``python experiments/e17_hat_search/analyse.py --corpus FOLDER --latency FILE RUN [RUN ...]``. Every network is
trained once per seed with ``conf/evaluator/translation_training.yaml``; all have the recipe and the seeds in common.
Trainings are kept one by one in ``results/trainings.jsonl``, so that the script can be stopped and started again, and
winners that are the same are trained once. The table goes to ``results/figures.json`` as well.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from cpu_latency import CpuLatency

from nasray.app.catalogs import space_named
from nasray.app.parts import build
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.records.store import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results"
KEPT = RESULTS / "trainings.jsonl"
MEASURED = ("valid_loss", "valid_bleu", "test_bleu")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders of searches")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--latency", required=True, type=Path)
    parser.add_argument("--random", type=int, default=3, help="random members within the limit")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each network")
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--tokens-per-batch", type=int, default=2048)
    parser.add_argument("--vocabulary", type=int, default=4000)
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
        facts = {"search_seed": config["seed"], "inherited": best["value"], "evaluations": result["evaluations"]}
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


def text_of(asked: argparse.Namespace) -> dict[str, Any]:
    return settings("dataset", "parallel_text") | {"folder": asked.corpus, "vocabulary": asked.vocabulary}


def section_of(asked: argparse.Namespace) -> dict[str, Any]:
    """The evaluator that trains."""
    section = settings("evaluator", "translation_training") | {"text": text_of(asked)}
    section["recipe"] |= {"updates": asked.updates, "tokens_per_batch": asked.tokens_per_batch}
    section["judging"] |= {"value": "bleu", "beams": asked.beams}
    return section


def training(space: Any, section: dict[str, Any], member: Architecture, seed: int) -> dict[str, float]:
    """Of one member from scratch, or what is kept of it."""
    recipe = [section["recipe"]["updates"], section["recipe"]["tokens_per_batch"], section["text"]["vocabulary"]]
    key = {"genes": member.key, "seed": seed, "recipe": recipe}
    kept = [json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines()] if KEPT.exists() else []
    for row in kept:
        if row["key"] == key:
            return row["found"]
    with TemporaryDirectory() as scratch:
        live = {"store": Store(root=f"{scratch}/store"), "checkpoint_folder": f"{scratch}/checkpoints"}
        found = trained(build(section, space=space, **live), member, seed)
    with KEPT.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": key, "found": found}) + "\n")
    return found


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    print("| arm | search seed | evaluations | latency, ms | inherited loss | VALID loss | VALID BLEU | TEST BLEU |")
    for row in rows:
        cells = [str(row.get(name, "-")) for name in ("search_seed", "evaluations")]
        cells += [f"{row['latency_ms']:.1f}", f"{-row['inherited']:.3f}" if "inherited" in row else "-"]
        loss, *bleu = (np.mean([one[name] for one in row["trainings"]]) for name in MEASURED)
        print(f"| {row['arm']} | {' | '.join(cells)} | {loss:.3f} | {' | '.join(f'{one:.2f}' for one in bleu)} |")


def main() -> None:
    asked = arguments()
    space: Any = space_named("hat_small")
    section = section_of(asked)
    RESULTS.mkdir(exist_ok=True)
    rows: list[dict[str, Any]] = []
    for name, member, facts in candidates(space, asked):
        made = [training(space, section, member, seed) for seed in range(asked.seeds)]
        rows.append({"arm": name, "genes": member.key, **facts, "trainings": made})
        print(json.dumps(rows[-1]), flush=True)
    print_table(rows)
    head, changed = commit()
    line = {"experiment": "e17", "commit": head, "uncommitted_changes": changed, "recipe": section["recipe"]}
    text = json.dumps(line | {"vocabulary": asked.vocabulary, "rows": rows}, indent=1) + "\n"
    (RESULTS / "figures.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
