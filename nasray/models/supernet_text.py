"""What a translation network needs to know of a parallel corpus."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


class SentencePairs(Protocol):
    """B sentences and their translations, as word ids from 0 and as text."""

    @property
    def source(self) -> Sequence[Sequence[int]]:
        """``(B,)`` sentences of ids."""
        ...

    @property
    def target(self) -> Sequence[Sequence[int]]:
        """``(B,)`` translations of ids."""
        ...

    @property
    def references(self) -> Sequence[str]:
        """``(B,)`` translations as they were written."""
        ...


class TextSet(Protocol):
    """Three disjoint parts in one vocabulary that both languages share."""

    @property
    def n_words(self) -> int:
        """Size of the vocabulary; ids are smaller."""
        ...

    @property
    def train(self) -> SentencePairs:
        """What is learnt from."""
        ...

    @property
    def valid(self) -> SentencePairs:
        """What a search sees."""
        ...

    @property
    def test(self) -> SentencePairs:
        """For the end."""
        ...

    def written(self, ids: Sequence[int]) -> str:
        """The text of a sentence of ids."""
        ...


@runtime_checkable
class TextSource(Protocol):
    """Loads a TextSet in the process that needs it; cheap to pickle."""

    @property
    def source(self) -> str:
        """Language that is translated."""
        ...

    @property
    def target(self) -> str:
        """Language that is translated to."""
        ...

    def load(self) -> TextSet:
        """The sentences; equal on every call."""
        ...

    def fingerprint(self) -> str:
        """Stands for all sentences and for the vocabulary."""
        ...

    def vocabulary_fingerprint(self) -> str:
        """Stands for the languages and their words: a network fits wherever it is the same."""
        ...
