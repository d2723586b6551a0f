"""Sentence embeddings: the mean of a language model's last states over a sentence's tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nasray.core.errors import ConfigError, require


@dataclass(frozen=True, kw_only=True)
class SentenceModel:
    """An encoder that was trained for sentences.

    Reimers and Gurevych 2019, "Sentence-BERT", https://arxiv.org/abs/1908.10084, section 3, MEAN pooling; vectors are
    scaled to length 1, as all-MiniLM-L6-v2 was trained to be read.

    Attributes:
        name: Of the model on the hub, e.g. ``sentence-transformers/all-MiniLM-L6-v2``, or a folder that has it.
    """

    name: str

    def embed(self, sentences: Sequence[str]) -> Tensor:
        """``(S, D)`` float32 embeddings, each computed by itself, so that none depends on the others.

        Raises:
            ConfigError: The model cannot be loaded, or there is no sentence.
        """
        require(len(sentences) > 0, "the sentence model got no sentence; give it at least one")
        from transformers import AutoModel, AutoTokenizer  # seconds that built-in operators do not need

        try:
            tokenizer = AutoTokenizer.from_pretrained(self.name)
            model = AutoModel.from_pretrained(self.name).eval()
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"sentence model {self.name!r} cannot be loaded ({type(error).__name__}: {str(error)[:120]}); give the "
                "folder of a downloaded model, or a name on the hub where it can be reached"
            ) from error
        found: list[Tensor] = []
        with torch.no_grad():
            for sentence in sentences:
                states = model(**tokenizer(sentence, return_tensors="pt", truncation=True)).last_hidden_state
                found.append(torch.nn.functional.normalize(states[0].mean(0), dim=0))
        return torch.stack(found).float()
