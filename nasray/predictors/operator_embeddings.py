"""What operators look like to a network: the embeddings of the sentences that describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from nasray.core.errors import CapabilityError, require
from nasray.models.assets import read_asset
from nasray.models.sentence_model import SentenceModel

Wording = Literal["short", "medium", "long", "one_hot"]
WORDINGS = ("short", "medium", "long", "one_hot")
TABLE = "operator_embeddings"
"""The asset with the sentences of all built-in operators; its card has the command that made it."""


@dataclass(frozen=True, kw_only=True)
class OperatorEmbeddings:
    """Embeddings by sentence: from the shipped table, or from a model, never from two models at once.

    The model that made the table embeds the sentences that it lacks; any other one embeds them all.

    Qiao et al. 2024, TG-NAS, https://arxiv.org/abs/2404.00271, section 3.2.

    Attributes:
        wording: Length of the sentences, or ``one_hot``, the ablation: a vector of its own for every operator of the
            table, and none for others.
        sentence_model: Name or folder of a model; None for the table alone. Without effect on ``one_hot``.
    """

    wording: Wording
    sentence_model: str | None

    def __post_init__(self) -> None:
        """Refuse an unknown wording.

        Raises:
            ConfigError: It is unknown.
        """
        require(
            self.wording in WORDINGS,
            f"embedding wording ({self.wording!r}) must be one of {', '.join(WORDINGS)}",
        )

    @property
    def name(self) -> str:
        """Whose embeddings they are: the table's, or those of a model that did not make it.

        Raises:
            ConfigError: The model cannot be loaded.
        """
        model = self.sentence_model
        return TABLE if self.wording == "one_hot" or model is None or _made_the_table(model) else model

    @property
    def n_features(self) -> int:
        """D, the length of an embedding."""
        vectors, sentences = shipped_table()
        if self.wording == "one_hot":
            return len(sentences["short"])
        return (vectors if self.name == TABLE else _embedded(self.name, (sentences["short"][0],))).shape[1]

    def table(self, descriptions: Mapping[str, Mapping[str, str]]) -> Tensor:
        """``(K, D)`` embeddings of K operators, in their order.

        Args:
            descriptions: Operator -> sentences, as a space gives them.

        Raises:
            CapabilityError: An operator is not in the table and there is no model, or wording is ``one_hot``.
            ConfigError: The model cannot be loaded.
        """
        length = "short" if self.wording == "one_hot" else self.wording
        wanted = [said[length] for said in descriptions.values()]
        vectors, sentences = shipped_table()
        known = {sentence: row for row, sentence in enumerate(sentences[length])}
        if self.wording == "one_hot":
            self._refuse([one for one in wanted if one not in known], "one_hot knows built-in operators only")
            return torch.eye(len(known))[[known[one] for one in wanted]]
        if self.name != TABLE:
            return _embedded(self.name, tuple(wanted))
        missing = [*dict.fromkeys(one for one in wanted if one not in known)]
        start = sum(len(sentences[other]) for other in WORDINGS[: WORDINGS.index(length)])
        found = {one: vectors[start + row] for one, row in known.items()}
        if missing:
            if self.sentence_model is None:
                self._refuse(missing, "there is no sentence model to embed them")
            found |= zip(missing, _embedded(self.sentence_model or "", tuple(missing)), strict=True)
        return torch.stack([found[one] for one in wanted])

    def _refuse(self, missing: list[str], reason: str) -> None:
        """Nothing where nothing is missing.

        Raises:
            CapabilityError: Something is.
        """
        require(
            not missing,
            f"operators described as {missing} are not in the shipped table, and {reason}; set sentence_model to the "
            "folder of all-MiniLM-L6-v2 (or its name on the hub) and wording to short, medium or long, or describe the "
            "operator in the words of a built-in one",
            CapabilityError,
        )


@lru_cache(maxsize=1)
def shipped_table() -> tuple[Tensor, dict[str, list[str]]]:
    """``(S, D)`` embeddings, and the sentences of each length, whose rows follow each other: short, medium, long."""
    tensors, card = read_asset(TABLE)
    return tensors["embeddings"].float(), card["sentences"]


@lru_cache(maxsize=16)
def _embedded(model: str, sentences: tuple[str, ...]) -> Tensor:
    """``(S, D)``; remembered, since a model takes seconds to load."""
    return SentenceModel(name=model).embed(sentences)


def _made_the_table(model: str) -> bool:
    """Whether a model gives the table's vectors, as its first sentence tells."""
    vectors, sentences = shipped_table()
    (found,) = _embedded(model, (sentences["short"][0],))
    return found.shape == vectors[0].shape and torch.allclose(found, vectors[0], atol=1e-3)
