"""The words of prompts, which are files: ``prompts/NAME.txt`` with ``$placeholders``, and one list of definitions."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

_NUMBER = re.compile(r"\b[A-Z]\b")


def worded(name: str, **values: str) -> str:
    """The text of ``prompts/NAME.txt``, its placeholders filled in."""
    return Template(_text(f"{name}.txt").strip()).substitute(values)


def listed(values: Mapping[str, Any]) -> str:
    """``name: value`` line by line; the entries of a list in one line."""
    lines = ((name, " ".join(map(str, one)) if isinstance(one, list | tuple) else one) for name, one in values.items())
    return "\n".join(f"{name}: {value}" for name, value in lines)


def defined(names: Iterable[str]) -> str:
    """The definitions of ``names``, line by line; a name without one is passed over."""
    known = _definitions()
    wanted = dict.fromkeys(form for name in names for form, (pattern, _) in known.items() if pattern.fullmatch(name))
    return "\n".join(f"- {form}: {known[form][1]}" for form in wanted)


@cache
def _definitions() -> dict[str, tuple[re.Pattern[str], str]]:
    """Form of a name -> its pattern and its meaning."""
    found = tomllib.loads(_text("definitions.toml"))
    return {form: (re.compile(_NUMBER.sub(r"\\d+", form)), str(text)) for form, text in found.items()}


@cache
def _text(name: str) -> str:
    return files("nasray.llm").joinpath("prompts", name).read_text(encoding="utf-8")
