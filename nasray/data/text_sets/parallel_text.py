"""Parallel text from files: line n of one language is the translation of line n of the other."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from nasray.core.errors import DataError, require
from nasray.data.text_sets.sentence_pairs import SentencePairs

PARTS = ("train", "valid", "test")
_BYTES = 256
_RULE = "UTF-8 text with a sentence a line, none of them empty"


@dataclass(frozen=True, slots=True)
class TextSet:
    """Three disjoint parts in one vocabulary that both languages share: learnt from, searched on, for the end."""

    train: SentencePairs
    valid: SentencePairs
    test: SentencePairs
    tokenizer: Tokenizer

    @property
    def n_words(self) -> int:
        """Size of the vocabulary."""
        return self.tokenizer.get_vocab_size()

    def written(self, ids: Sequence[int]) -> str:
        """The text of a sentence of ids."""
        return self.tokenizer.decode(list(ids)).strip()


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """Files ``train.SOURCE``, ``train.TARGET``, ``valid.…`` and ``test.…`` in one folder.

    Words are byte pairs (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909) over bytes, so that none is unknown.

    Attributes:
        folder: Of the files.
        source: Language that is translated, the ending of its files.
        target: Language that is translated to.
        vocabulary: Words of both languages together, at least 256: one for every byte.
        tokenizer: A file that ``tokenizers`` wrote; None to learn one from the training pairs at every load.
        n_train: Training pairs to be used, the first ones; None for all.
        n_valid: Pairs of VALID to be used, the first ones; None for all.

    Raises:
        ConfigError: The vocabulary has no room for all bytes, or a number is not positive.
    """

    folder: str | Path
    source: str
    target: str
    vocabulary: int
    tokenizer: str | Path | None
    n_train: int | None
    n_valid: int | None

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        require(
            self.vocabulary >= _BYTES,
            f"parallel_text.vocabulary ({self.vocabulary}) must be at least {_BYTES}, a word for every byte",
        )
        for name in ("n_train", "n_valid"):
            value = getattr(self, name)
            require(value is None or value >= 1, f"parallel_text.{name} ({value}) must be at least 1, or null for all")

    def load(self) -> TextSet:
        """The sentences as ids.

        Raises:
            DataError: A file is missing, empty, torn or not aligned with its twin, or the tokenizer cannot be read.
        """
        lines = self._lines()
        tokenizer = (
            _tokenizer_of(Path(self.tokenizer)) if self.tokenizer else byte_pairs(lines["train"], self.vocabulary)
        )
        train, valid, test = (_encoded(*lines[part], tokenizer) for part in PARTS)
        return TextSet(train, valid, test, tokenizer)

    def fingerprint(self) -> str:
        """SHA-256 over all sentences and what says into which words they are cut; refuses what ``load`` refuses.

        Raises:
            DataError: As ``load``.
        """
        lines = self._lines()
        return _digest(
            self._words(lines), *(line for sides in lines.values() for side in sides for line in ("", *side))
        )

    def vocabulary_fingerprint(self) -> str:
        """SHA-256 over the languages and what says into which words they are cut: networks fit where it is equal.

        Raises:
            DataError: As ``load``.
        """
        return _digest(self._words(self._lines()))

    def _words(self, lines: Mapping[str, tuple[list[str], list[str]]]) -> str:
        """The tokenizer, or what it is learnt from."""
        if self.tokenizer is not None:
            words = _tokenizer_of(Path(self.tokenizer)).to_str()
        else:
            words = _digest(str(self.vocabulary), *lines["train"][0], "", *lines["train"][1])
        return f"{self.source} {self.target} {words}"

    def _lines(self) -> dict[str, tuple[list[str], list[str]]]:
        """Both sides of each part."""
        limits = {"train": self.n_train, "valid": self.n_valid, "test": None}
        return {part: self._part(part, limits[part]) for part in PARTS}

    def _part(self, part: str, limit: int | None) -> tuple[list[str], list[str]]:
        source, target = (Path(self.folder) / f"{part}.{language}" for language in (self.source, self.target))
        one, other = _read(source), _read(target)
        require(
            len(one) == len(other),
            f"{source} has {len(one)} lines and {target} has {len(other)}; line n of one must translate line n of the "
            "other: align them again",
            DataError,
        )
        return one[:limit], other[:limit]


def byte_pairs(sides: Sequence[Sequence[str]], vocabulary: int) -> Tokenizer:
    """A tokenizer of at most ``vocabulary`` words, learnt from the lines of all sides; the same for the same lines."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(chain.from_iterable(sides), trainer)
    return tokenizer


def _digest(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _tokenizer_of(path: Path) -> Tokenizer:
    """The tokenizer of a file.

    Raises:
        DataError: It has none. Asked beforehand, since tokenizers raises plain ``Exception``.
    """
    try:
        text = path.read_text(encoding="utf-8")
        known = "model" in json.loads(text)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} cannot be read ({error}); set tokenizer=null to learn one") from error
    require(known, f"{path} is no file of the library tokenizers; set tokenizer=null to learn one", DataError)
    return Tokenizer.from_str(text)


def _encoded(source: list[str], target: list[str], tokenizer: Tokenizer) -> SentencePairs:
    one, other = (tuple(tuple(found.ids) for found in tokenizer.encode_batch_fast(side)) for side in (source, target))
    return SentencePairs(one, other, tuple(target))


def _read(path: Path) -> list[str]:
    """The lines of a file.

    Raises:
        DataError: There are none, or one is empty.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}); it must be {_RULE}: make or copy it again") from error
    lines = text.removesuffix("\n").split("\n") if text else []
    empty = next((number for number, line in enumerate(lines, 1) if not line.strip()), None)
    require(len(lines) > 0, f"{path} is empty; it must be {_RULE}: make or copy it again", DataError)
    require(empty is None, f"{path} has an empty line, number {empty}; it must be {_RULE}: align it again", DataError)
    return lines
