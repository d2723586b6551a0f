"""Trains the shipped checkpoints: one for every space that it has not seen.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/make_checkpoints.py [NAME …]``. Each has the five
networks of the track; the same bytes on the same kind of CPU and version of torch.
"""

import sys
from typing import Any

import torch
from tracks import SEEDS, SHAPE_KEYS, recipe_and_hash, seen, sources_of, train

from nasray.core.card import Card
from nasray.models.assets import ASSETS, write_asset
from nasray.predictors.operator_embeddings import TABLE

CHECKPOINTS = {
    "gcn_nasbench101": ("A", "TransNAS-Bench-101, NAS-Bench-201, DARTS: it has seen NAS-Bench-101 only"),
    "gcn_nasbench101_transnas": ("B", "NAS-Bench-201, DARTS: it has seen NAS-Bench-101 and TransNAS-Bench-101"),
    "gcn_nasbench101_transnas_light": ("B light", "NAS-Bench-201, DARTS: as above, TransNAS shown an eighth as often"),
    "gcn_transnas_darts": ("without NAS-Bench-101", "NAS-Bench-101: it has seen TransNAS-Bench-101 and DARTS cells"),
}


def main() -> None:
    torch.set_num_threads(1)
    recipe, sha256 = recipe_and_hash()
    for name in sys.argv[1:] or CHECKPOINTS:
        track, meant_for = CHECKPOINTS[name]
        sources = sources_of(track, recipe)
        tensors = {
            f"{number}.{key}": tensor
            for number, seed in enumerate(SEEDS)
            for key, tensor in train(sources, recipe, seed).state_dict().items()
        }
        facts: dict[str, Any] = {
            "meant_for": meant_for,
            "shape": {key: recipe[key] for key in SHAPE_KEYS},
            "reads": {"embeddings": TABLE, "wording": recipe["wording"], "data_flow": recipe["data_flow"]},
            "recipe_sha256": sha256,
            "seeds": [*SEEDS],
            "torch": torch.__version__,
        }
        command = f"python experiments/e09_tgnas_tracks/make_checkpoints.py {name}"
        card = Card(name, command, seen(sources, recipe), facts)
        write_asset(ASSETS / name, tensors, card.to_json())
        print(f"{name}: {sum(one.numel() for one in tensors.values()):,} numbers", flush=True)


if __name__ == "__main__":
    main()
