"""A reply that fits a form, and what it took."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from nasray.llm.reply import Reply

Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class StructuredAnswer(Generic[Form]):
    """The value, and all replies on the way to it.

    Attributes:
        value: What was read.
        replies: All replies, refused ones first.
        refusals: Why each of those was refused, in order; the words are those of ``Structured.ask``.
    """

    value: Form
    replies: tuple[Reply, ...]
    refusals: tuple[str, ...]
