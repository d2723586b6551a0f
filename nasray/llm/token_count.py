"""How many tokens a conversation has, without the model's tokenizer."""

import re
from collections.abc import Sequence

from nasray.llm.message import Message
from nasray.llm.request import Request

_PIECES = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]")
_LETTERS_A_TOKEN = 5
_DIGITS_A_TOKEN = 3
_MARKS = 4
_TEMPLATE_BYTES = 256
"""What chat templates add, system messages of their own included (Qwen2.5: about 20 tokens)."""


def rough_tokens(text: str) -> int:
    """About how many tokens ``text`` has: words by 5 letters, numbers by 3 digits, other signs by one."""
    count = 0
    for piece in _PIECES.findall(text):
        size = _DIGITS_A_TOKEN if piece.isdecimal() else _LETTERS_A_TOKEN
        count += -(-len(piece) // size)
    return count


def rough_prompt_tokens(messages: Sequence[Message]) -> int:
    """About how many tokens a model reads."""
    return sum(rough_tokens(message.content) + _MARKS for message in messages)


def most_prompt_tokens(request: Request) -> int:
    """More tokens than any tokenizer makes of ``request``: none makes more than one of a byte."""
    said = sum(len(message.content.encode()) + 4 * _MARKS for message in request.messages)
    return said + len(request.schema.encode()) + _TEMPLATE_BYTES
