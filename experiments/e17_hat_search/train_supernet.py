"""Train a supernet of a hat space on parallel text, and keep it as one file; started again, it goes on.

Run: ``python experiments/e17_hat_search/train_supernet.py --corpus FOLDER --output supernet.safetensors``.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import torch
import yaml

from nasray.app.catalogs import space_named
from nasray.app.parts import build
from nasray.data.text_sets.parallel_text import ParallelText
from nasray.evaluators.supernet import facts_of
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import N_SPECIAL
from nasray.models.supernet_batches import Batches
from nasray.models.supernet_device import device_named
from nasray.models.supernet_file import SupernetFile
from nasray.models.supernet_members import extreme, members_of
from nasray.models.supernet_recipe import SupernetRecipe
from nasray.models.supernet_trainer import SupernetTrainer

HERE = Path(__file__).parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help="folder of train.en, train.de and so on")
    parser.add_argument("--output", required=True, type=Path, help="the file to write, and to go on from")
    parser.add_argument("--space", default="hat_small", help="hat_small, hat_iwslt or hat")
    parser.add_argument("--recipe", default="laptop", help="a file of conf/recipe: laptop or paper")
    parser.add_argument("--source", default="en")
    parser.add_argument("--target", default="de")
    parser.add_argument("--vocabulary", type=int, default=4000)
    parser.add_argument("--tokenizer", default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=200, help="updates between two states that are kept")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    return parser.parse_args()


def trainer_of(asked: argparse.Namespace) -> tuple[SupernetTrainer, dict[str, Any]]:
    """The training at its beginning, and the facts that go with its file."""
    space: Any = space_named(asked.space)
    settings = yaml.safe_load((HERE / "conf" / "recipe" / f"{asked.recipe}.yaml").read_text(encoding="utf-8"))
    recipe: SupernetRecipe = build(settings)
    text = ParallelText(
        folder=asked.corpus,
        source=asked.source,
        target=asked.target,
        vocabulary=asked.vocabulary,
        tokenizer=asked.tokenizer,
        n_train=None,
        n_valid=None,
    )
    found = text.load()
    supernet = HatSupernet(
        extreme(space.choices, max),
        space.qkv_dim,
        found.n_words + N_SPECIAL,
        recipe.dropout,
        torch.Generator().manual_seed(asked.seed),
    ).to(device_named(asked.device, "train_supernet"))
    members = members_of(space.choices, lambda rng: space.shape(space.sample(rng)), recipe)
    batches = Batches(found.train, recipe.tokens_per_batch)
    trainer = SupernetTrainer(supernet, batches, recipe, members, asked.seed)
    return trainer, {**facts_of(space, text), "recipe": settings, "seed": asked.seed}


def main() -> None:
    asked = arguments()
    trainer, facts = trainer_of(asked)
    if asked.output.exists():
        file = SupernetFile.read(asked.output)
        file.check(facts, f"train_supernet, {asked.output}")
        trainer.load(file.state)
    started, begun = time.perf_counter(), trainer.update
    while trainer.update < trainer.recipe.updates:
        trainer.run_to(min(trainer.update + asked.every, trainer.recipe.updates))
        SupernetFile(state=trainer.state(), facts=facts).write(asked.output)
        seconds = (time.perf_counter() - started) / (trainer.update - begun)
        print(f"update {trainer.update}: loss {trainer.loss:.3f}, {seconds:.2f} s an update", flush=True)


if __name__ == "__main__":
    main()
