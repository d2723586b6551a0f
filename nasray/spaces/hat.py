"""HAT: encoder-decoder Transformers whose widths, heads and depth are chosen layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.space import Graph
from nasray.spaces.choice_space import ChoiceSpace
from nasray.spaces.hat_cost import HatCost, hat_cost
from nasray.spaces.hat_features import averaged_features, distillation_features, layer_features
from nasray.spaces.hat_graph import hat_graph
from nasray.spaces.hat_shape import HatShape, attended_layers
from nasray.spaces.hat_text import FORM, Layers, read_text, shape_text
from nasray.spaces.hat_wording import describe_transformer_parts

_STACKS = {
    "encoder_dims": "",
    "encoder_layers": "",
    "encoder_ffn_dims": "encoder",
    "encoder_heads": "encoder",
    "decoder_dims": "",
    "decoder_layers": "",
    "decoder_ffn_dims": "decoder",
    "decoder_heads": "decoder",
    "cross_heads": "decoder",
    "cross_reach": "decoder",
}
"""The lists of choices in gene order -> the stack in which every layer chooses; empty for one choice in all."""


@dataclass(kw_only=True)
class Hat(ChoiceSpace):
    """The space of Hardware-Aware Transformers.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187, Table 1; also that of Jawahar et al. 2023, "LLM Performance Predictors are good
    initializers for Architecture Search", https://arxiv.org/abs/2310.16712. Genes: places in the lists below, in their
    order; a list that is chosen from per layer has as many genes as the deepest stack has layers: 40 with six and six.
    Genes of absent layers are kept, inherited, and without effect.

    Departures from the paper: none in the space. Members cannot be built as networks (no ModuleView).

    Args:
        encoder_dims: Widths of the encoder.
        encoder_layers: Depths of the encoder; one of them, 6, in the paper.
        encoder_ffn_dims: Inner widths of feed-forward blocks.
        encoder_heads: Heads of self-attention.
        decoder_dims: Widths of the decoder and the shared embeddings.
        decoder_layers: Depths of the decoder.
        decoder_ffn_dims: Inner widths of feed-forward blocks.
        decoder_heads: Heads of self-attention.
        cross_heads: Heads of the attention to the encoder.
        cross_reach: What that attention reads: -1, 1, 2 for the last one, two, three encoder layers.
        qkv_dim: Width of queries, keys and values, all heads together; a multiple of all numbers of heads.

    Raises:
        ConfigError: A list is empty, has a value twice, or one that no Transformer can have.
    """

    encoder_dims: Sequence[int]
    encoder_layers: Sequence[int]
    encoder_ffn_dims: Sequence[int]
    encoder_heads: Sequence[int]
    decoder_dims: Sequence[int]
    decoder_layers: Sequence[int]
    decoder_ffn_dims: Sequence[int]
    decoder_heads: Sequence[int]
    cross_heads: Sequence[int]
    cross_reach: Sequence[int]
    qkv_dim: int
    _sizes: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _spans: Mapping[str, tuple[int, int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse lists that make no space; lay the genes out."""
        for name in _STACKS:
            choices = getattr(self, name)
            wrong = len(choices) == 0 or len(set(choices)) < len(choices)
            positive = name == "cross_reach" or min(choices, default=0) >= 1
            require(not wrong and positive, f"Hat {name} ({list(choices)}) must be positive numbers, none twice")
        shallowest = min(self.encoder_layers)
        require(
            all(reach == -1 or 1 <= reach < shallowest for reach in self.cross_reach),
            f"Hat cross_reach ({list(self.cross_reach)}) must be -1, or 1 to {shallowest - 1}: there are {shallowest} "
            "encoder layers to be attended",
        )
        for heads in {*self.encoder_heads, *self.decoder_heads, *self.cross_heads}:
            require(
                self.qkv_dim >= heads and self.qkv_dim % heads == 0,
                f"Hat qkv_dim ({self.qkv_dim}) must be a multiple of every number of heads, also of {heads}",
            )
        depths, at = {"": 1, "encoder": max(self.encoder_layers), "decoder": max(self.decoder_layers)}, 0
        spans: dict[str, tuple[int, int]] = {}
        for name, stack in _STACKS.items():
            spans[name] = (at, at + depths[stack])
            at += depths[stack]
        self._spans = spans
        self._sizes = tuple(len(getattr(self, name)) for name, span in spans.items() for _ in range(*span))

    @property
    def sizes(self) -> Sequence[int]:
        """Number of choices of each gene."""
        return self._sizes

    @property
    def choices(self) -> Mapping[str, Sequence[int]]:
        """Name of each list -> its values, in gene order."""
        return {name: tuple(getattr(self, name)) for name in _STACKS}

    def canonical(self, architecture: Architecture) -> Architecture:
        """The first choice in every gene of an absent layer."""
        return self._architecture(self.shape(architecture))

    def shape(self, architecture: Architecture) -> HatShape:
        """The numbers of the layers that exist."""
        values = {name: self._values(architecture, name) for name in _STACKS}
        (x,), (y,) = values["encoder_layers"], values["decoder_layers"]
        return HatShape(
            encoder_dim=values["encoder_dims"][0],
            encoder_ffn=values["encoder_ffn_dims"][:x],
            encoder_heads=values["encoder_heads"][:x],
            decoder_dim=values["decoder_dims"][0],
            decoder_ffn=values["decoder_ffn_dims"][:y],
            decoder_heads=values["decoder_heads"][:y],
            cross_heads=values["cross_heads"][:y],
            cross_reach=values["cross_reach"][:y],
        )

    def cost(self, architecture: Architecture, vocabulary: int) -> HatCost:
        """Weights and operations for a vocabulary of so many words; see ``hat_cost.VOCABULARIES``."""
        return hat_cost(self.shape(architecture), self.qkv_dim, vocabulary)

    def averaged_features(self, architecture: Architecture) -> NDArray[np.float64]:
        """``(10,)`` features in the units of HAT's latency tables."""
        return averaged_features(self.shape(architecture))

    def distillation_features(self, architecture: Architecture) -> NDArray[np.float64]:
        """``(10,)`` features of LLM-Distill-PP, each between 0 and 1."""
        largest = [max(self.choices[name]) for name in _STACKS]
        largest[-1] = attended_layers(largest[-1])
        return distillation_features(self.shape(architecture), np.array(largest, np.float64))

    def layer_features(self, architecture: Architecture) -> NDArray[np.float64]:
        """``(G,)`` one feature a gene, each between 0 and 1; 0 for an absent layer."""
        return layer_features(self.choices, self.shape(architecture))

    def to_text(self, architecture: Architecture) -> str:
        """Widths, then the layers; those that are absent come behind a | unless they are as in the canonical form."""
        absent = self._absent(architecture)
        kept = absent if architecture != self.canonical(architecture) else ((), ())
        return shape_text(self.shape(architecture), kept)

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text has another form, or a value that the space does not offer.
        """
        read = read_text(text)
        found = None if read is None else self._architecture(*read)
        if found is None or self._fault(found.genes) or self.to_text(found) != text:
            offered = "; ".join(f"{name} {list(values)}" for name, values in self.choices.items())
            raise InvalidArchitecture(
                f"{text!r} is not a Transformer of this HAT space: expected {FORM}, from {offered}"
            )
        return found

    def vocabulary(self) -> Sequence[str]:
        """Every value of every list, e.g. ``encoder_heads=8``."""
        return [f"{name}={value}" for name, values in self.choices.items() for value in values]

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """One token a gene."""
        return [gene + first for gene, first in zip(architecture.genes, self._first_tokens(), strict=True)]

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """Inverse of ``to_tokens``; a token of another list, or one too many, makes a gene that no member has."""
        first = (*self._first_tokens(), *[0] * len(tokens))
        return Architecture(tuple(token - at for token, at in zip(tokens, first, strict=False)))

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """Hyper-parameters by name; one value a layer for the layers that exist."""
        shape = self.shape(architecture)
        return {
            "encoder_embedding_dimension": shape.encoder_dim,
            "encoder_layers": len(shape.encoder_ffn),
            "encoder_feed_forward_dimensions": list(shape.encoder_ffn),
            "encoder_self_attention_heads": list(shape.encoder_heads),
            "decoder_embedding_dimension": shape.decoder_dim,
            "decoder_layers": len(shape.decoder_ffn),
            "decoder_feed_forward_dimensions": list(shape.decoder_ffn),
            "decoder_self_attention_heads": list(shape.decoder_heads),
            "decoder_cross_attention_heads": list(shape.cross_heads),
            "attended_encoder_layers": list(shape.attended),
        }

    def graph(self, architecture: Architecture) -> Graph:
        """Two embeddings, then a node for every attention and feed-forward block."""
        return hat_graph(self.shape(architecture))

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences for every part with every number that it is offered with."""
        return describe_transformer_parts(
            {
                "encoder_embedding": self.encoder_dims,
                "encoder_attention": self.encoder_heads,
                "encoder_ffn": self.encoder_ffn_dims,
                "decoder_embedding": self.decoder_dims,
                "decoder_attention": self.decoder_heads,
                "cross_attention": self.cross_heads,
                "decoder_ffn": self.decoder_ffn_dims,
            }
        )

    def _values(self, architecture: Architecture, name: str) -> tuple[int, ...]:
        """What the genes of one list stand for."""
        choices = getattr(self, name)
        return tuple(choices[gene] for gene in architecture.genes[slice(*self._spans[name])])

    def _absent(self, architecture: Architecture) -> tuple[Layers, Layers]:
        """Numbers of the encoder and decoder layers that do not exist."""
        (x,), (y,) = self._values(architecture, "encoder_layers"), self._values(architecture, "decoder_layers")
        stacks = {
            stack: [self._values(architecture, name) for name in _STACKS if _STACKS[name] == stack]
            for stack in ("encoder", "decoder")
        }
        encoder, decoder = (list(zip(*stacks[stack], strict=True)) for stack in stacks)
        return encoder[x:], decoder[y:]

    def _architecture(self, shape: HatShape, absent: tuple[Layers, Layers] = ((), ())) -> Architecture:
        """The genes of ``shape``; -1 for a value that is not offered. Genes beyond what is given are 0."""
        encoder, decoder = absent
        values = {
            "encoder_dims": [shape.encoder_dim],
            "encoder_layers": [len(shape.encoder_ffn)],
            "encoder_ffn_dims": [*shape.encoder_ffn, *(layer[0] for layer in encoder)],
            "encoder_heads": [*shape.encoder_heads, *(layer[1] for layer in encoder)],
            "decoder_dims": [shape.decoder_dim],
            "decoder_layers": [len(shape.decoder_ffn)],
            "decoder_ffn_dims": [*shape.decoder_ffn, *(layer[0] for layer in decoder)],
            "decoder_heads": [*shape.decoder_heads, *(layer[1] for layer in decoder)],
            "cross_heads": [*shape.cross_heads, *(layer[2] for layer in decoder)],
            "cross_reach": [*shape.cross_reach, *(layer[3] for layer in decoder)],
        }
        return Architecture(tuple(self._genes(values)))

    def _genes(self, values: Mapping[str, Sequence[int]]) -> Iterator[int]:
        """The genes of every list's values, filled up with zeros."""
        for name, (start, end) in self._spans.items():
            place = {value: gene for gene, value in enumerate(getattr(self, name))}
            found = [place.get(value, -1) for value in values[name]]
            yield from found
            yield from [0] * (end - start - len(found))

    def _first_tokens(self) -> list[int]:
        """``(G,)`` token of the first value of each gene."""
        tokens: list[int] = []
        n_words = 0
        for name, (start, end) in self._spans.items():
            tokens += [n_words] * (end - start)
            n_words += len(getattr(self, name))
        return tokens
