"""HAT: measured latencies of 2,000 random Transformers on each of eight pairs of task and device.

Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
https://arxiv.org/abs/2005.14187. The files keep averages over the layers, not the architectures, and more
architectures than one have the same averages: they teach a latency predictor, and are no tables to look up.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError, require
from nasray.data.importers.row_gatherer import REMEDY
from nasray.data.table_file import sha256_of

FOLDER, N_ROWS = "hat_latency", 2_000
SHA256 = {
    "iwslt14deen_gpu_titanxp": "96448ac6ab174e5fccbc668614acc279f842b182fe035c05c3940ad46a5c2f86",
    "wmt14ende_cpu_raspberrypi": "28d7d0557b545ceefe0234fedad81b4c503edc211a10a9b3a08ba19523ca7cdb",
    "wmt14ende_cpu_xeon": "78c0cef3a590b0efce13f2c5cb338453644d09c056359cbdaed606c513657d60",
    "wmt14ende_gpu_titanxp": "7ce39663e513a90ab56cf2911c43977e2b4f426c787a25acaeb5e346fa913e1f",
    "wmt14enfr_cpu_raspberrypi": "3e83a13c0b662afa7e24203f929c6a710934e051b43a8e81b99b61286f909cf2",
    "wmt14enfr_cpu_xeon": "b79b1719197294ac89a2d995400fdef459b16a95b1085713e512fa0a434e08b0",
    "wmt14enfr_gpu_titanxp": "842136bae56cdbd490a49daa03a100202fe9b926d1ddcfd2e005a9a35dcc6cb2",
    "wmt19ende_gpu_titanxp": "04d84a44fc2727091586b3fef4b4bc32feef3c3c425734e08f4327549a0bbf2b",
}
"""Task, kind and device -> content of its file, ``hat_latency/NAME_all.csv`` in a mirror."""

_FEATURES = (
    *("encoder_embed_dim", "encoder_layer_num", "encoder_ffn_embed_dim_avg", "encoder_self_attention_heads_avg"),
    *("decoder_embed_dim", "decoder_layer_num", "decoder_ffn_embed_dim_avg", "decoder_self_attention_heads_avg"),
    *("decoder_ende_attention_heads_avg", "decoder_arbitrary_ende_attn_avg"),
)
_LATENCIES = ("latency_mean_encoder", "latency_mean_decoder")


@dataclass(frozen=True, slots=True)
class HatLatencySamples:
    """Latencies on one device.

    The architectures come from a wider space than any that is searched: also 2 heads and feed-forward widths of 512.

    Attributes:
        name: Task, kind and device, e.g. ``wmt14ende_gpu_titanxp``.
        features: ``(R, 10)`` averages over the layers, as ``Hat.averaged_features`` gives them.
        encoder_ms: ``(R,)`` latency of the encoder.
        decoder_ms: ``(R,)`` latency of the decoder.
    """

    name: str
    features: NDArray[np.float64]
    encoder_ms: NDArray[np.float64]
    decoder_ms: NDArray[np.float64]

    @property
    def total_ms(self) -> NDArray[np.float64]:
        """``(R,)`` latency of both, which HAT constrains."""
        return self.encoder_ms + self.decoder_ms

    @classmethod
    def read(cls, mirror: Path, name: str) -> Self:
        """The latencies ``name`` from a folder of measured data.

        Raises:
            DataError: There are none of that name, or the file is missing or not the published one.
        """
        require(name in SHA256, f"no HAT latencies are called {name!r}; known: {', '.join(SHA256)}", DataError)
        path = mirror / FOLDER / f"{name}_all.csv"
        require(path.is_file(), f"HAT latencies {name}: no file at {path}; set NASRAY_DATA_MIRROR", DataError)
        got = sha256_of(path)
        require(got == SHA256[name], f"{path} has SHA-256 {got}, but {SHA256[name]} is wanted; {REMEDY}", DataError)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        numbers = np.array([[float(row[header]) for header in (*_FEATURES, *_LATENCIES)] for row in rows])
        return cls(name, numbers[:, :10], numbers[:, 10], numbers[:, 11])
