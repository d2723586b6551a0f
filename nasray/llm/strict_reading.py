"""Reads a reply as one value of a form, and as nothing more."""

import json
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from nasray.core.writable import writable
from nasray.llm.refusal import Refusal
from nasray.llm.reply import Reply

Form = TypeVar("Form", bound=BaseModel)

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)
_RANGES = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}


class _Refused(Exception):
    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(kind, reason)


def read_strictly(reply: Reply, form: type[Form]) -> Form | Refusal:
    """The value, or why there is none.

    The whole text must be one JSON value; blanks and one Markdown fence around it are forgiven, anything else is not:
    a reply that closes the value early and goes on could smuggle in a second one.
    """
    text = reply.text.strip()
    if fenced := _FENCE.fullmatch(text):
        text = fenced[1].strip()
    if not text:
        return Refusal("empty", "it was empty")
    try:
        return form.model_validate_json(_one_json_value(text), strict=True)
    except _Refused as error:
        cut = error.refusal.kind == "not_json" and reply.truncated
        return Refusal("truncated", "it was cut off at max_tokens") if cut else error.refusal
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the value"
        kind = "out_of_range" if first["type"] in _RANGES else "wrong_form"
        return Refusal(kind, f"{where} ({str(first['input'])[:60]}): {first['msg']}")


def _one_json_value(text: str) -> str:
    """The value that ``text`` is, as JSON again."""
    decoder = json.JSONDecoder(object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    try:
        value, end = decoder.raw_decode(text)
        again = json.dumps(value)
    except json.JSONDecodeError as error:
        raise _Refused("not_json", f"it is no JSON ({error.msg} at character {error.pos})") from error
    except (RecursionError, ValueError) as error:
        raise _Refused("not_json", "it is nested too deep to be read, or has a number of too many digits") from error
    if rest := text[end:].strip():
        raise _Refused("trailing_text", f"there is text behind the JSON value ({rest[:40]!r})")
    return again


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise _Refused("duplicate_key", f"{writable(', '.join(doubled))} stands in it more than once")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise _Refused("out_of_range", f"{name} is no finite number")
