"""What training only the predicted blocks saves (GPT-NAS's acceleration), at equal networks.

Run: ``python benchmarks/acceleration_speed.py``. Random chains of blocks, each with 40 % of its blocks predicted, are
trained for 2 epochs on 1,000 random 16x16 images in each mode in turn, on one torch thread; what is measured besides is
subtracted by training for 1 epoch, too. The last line is one JSON object: ``full_seconds``,
``predicted_only_seconds`` and ``bn_only_seconds`` per candidate and epoch, median over the chains, in CPU seconds, so
that a busy machine matters little; ``speedup_predicted_only`` and ``speedup_bn_only``, medians of full over mode at
the same chain; ``trained_share``, the mean share of weights that predicted_only trains.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from statistics import mean, median

import numpy as np

from nasray.core.image_set import Images, ImageSet
from nasray.core.measurement import Measurement
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.training import Training
from nasray.models.acceleration import Acceleration
from nasray.models.freezing import Mode
from nasray.models.recipe import Recipe
from nasray.spaces.block_chain import BlockChain

RATE = 0.4
MODES: tuple[Mode, ...] = ("full", "predicted_only", "bn_only")
SPACE = BlockChain(channels=64, width_multiplier=0.125, min_blocks=10, max_blocks=20, min_pixels=4)
RECIPE = Recipe(
    epochs=2,
    batch_size=32,
    optimizer="sgd",
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="constant",
    warmup_epochs=0,
    label_smoothing=0.1,
    augmentation=(),
    mixed_precision=False,
)
STREAMS = Streams(0, "evaluator")


@dataclass(frozen=True)
class RandomImages:
    """Noise: how long a training takes does not depend on what is learnt."""

    def load(self) -> ImageSet:
        rng = np.random.default_rng(0)

        def part(n: int) -> Images:
            return Images(rng.normal(size=(n, 3, 16, 16)).astype(np.float32), rng.integers(0, 10, n))

        return ImageSet("noise", 10, part(1_000), part(100), part(100))


def evaluator(mode: Mode, epochs: int) -> Training:
    recipe = replace(RECIPE, epochs=epochs)
    return Training(
        space=SPACE,
        images=RandomImages(),
        recipe=recipe,
        acceleration=Acceleration(mode=mode, retraining=recipe),
        device="cpu",
        torch_threads=1,
        report_every_epochs=0,
        checkpoint_every_epochs=0,
        keep_weights=False,
        store=None,
        checkpoint_folder=None,
    )


def cpu_seconds(training: Training, proposal: Proposal) -> tuple[float, Measurement]:
    began = time.process_time()
    (measured,) = training.evaluate([proposal], STREAMS)
    return time.process_time() - began, measured


def proposals(n: int) -> list[Proposal]:
    made: list[Proposal] = []
    for slot in range(n):
        rng = Streams(0, "chains").fresh(slot)
        chain = SPACE.sample(rng)
        gone = np.flatnonzero(rng.random(len(chain.genes)) < RATE).tolist()
        made.append(Proposal(slot, chain, predicted=tuple(gone)))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=8)
    trainings = {(mode, epochs): evaluator(mode, epochs) for mode in MODES for epochs in (1, 2)}
    chains = proposals(parser.parse_args().chains)
    for training in trainings.values():
        training.evaluate(chains[:1], STREAMS)  # images are loaded, torch is warm
    seconds: dict[Mode, list[float]] = {mode: [] for mode in MODES}
    shares: list[float] = []
    for proposal in chains:
        for mode in MODES:
            (short, _), (long, measured) = (cpu_seconds(trainings[mode, epochs], proposal) for epochs in (1, 2))
            seconds[mode].append(long - short)
            if mode == "predicted_only":
                shares.append(measured.columns["trained_share"])
        print(proposal.slot, {mode: round(found[-1], 3) for mode, found in seconds.items()}, flush=True)
    speedups = {
        mode: median(full / part for full, part in zip(seconds["full"], seconds[mode], strict=True))
        for mode in MODES[1:]
    }
    figures = {f"{mode}_seconds": round(median(found), 4) for mode, found in seconds.items()}
    figures |= {f"speedup_{mode}": round(speedup, 3) for mode, speedup in speedups.items()}
    print(json.dumps({**figures, "trained_share": round(mean(shares), 3), "chains": len(chains)}))


if __name__ == "__main__":
    main()
