"""Sentences and their translations."""

from dataclasses import dataclass

from nasray.core.errors import DataError, require


@dataclass(frozen=True, slots=True)
class SentencePairs:
    """B sentences and their translations.

    Attributes:
        source: ``(B,)`` sentences of word ids.
        target: ``(B,)`` translations of word ids.
        references: ``(B,)`` translations as they were written.
    """

    source: tuple[tuple[int, ...], ...]
    target: tuple[tuple[int, ...], ...]
    references: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse sentences without translations."""
        lengths = (len(self.source), len(self.target), len(self.references))
        require(
            len(set(lengths)) == 1 and lengths[0] > 0,
            f"sentence pairs got {lengths} sentences, translations and references; there must be as many, and some",
            DataError,
        )
