"""A parallel corpus without a download: what the programs of a machine say in two languages."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nasray.core.errors import ConfigError, DataError, require
from nasray.data.gettext_catalogue import Message, read_catalogue

ENGLISH = "en"
"""The language that programs are written in: its texts are the messages themselves."""

WORDS = (3, 25)
"""Fewest and most words of a sentence on either side."""

HELD_OUT = 0.05
"""The share of all pairs that VALID has at most, and TEST too."""

_LARGEST_RATIO = 2.5
_PLACE = re.compile(
    r"_|%(?:\d+\$|\(\w+\))?[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|t|q)?[a-zA-Z%]|\{\w*\}|<[^<> ]+>"
)
_MARK = re.compile(r"(?<!\w)_(?=[^\W_])|&(?=\w)(?!\w+;)")
_VERSION = re.compile(r"[-_.]?\d[\d._-]*$")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?(@[a-z]+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class GettextCorpus:
    """What was found on a machine.

    Attributes:
        source: Language that is translated, e.g. ``en``.
        target: Language that is translated to, e.g. ``de``.
        parts: ``train``, ``valid`` and ``test`` -> program -> pairs; no program is in two parts, no sentence twice.
        catalogues: Program -> the files that were read.
        torn: Files that could not be read, with the reason.
    """

    source: str
    target: str
    parts: Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]
    catalogues: Mapping[str, tuple[Path, ...]]
    torn: tuple[str, ...]

    @classmethod
    def found_in(cls, root: Path, source: str, target: str) -> "GettextCorpus":
        """Read every catalogue under ``root``.

        Raises:
            ConfigError: A language is none, or both are the same.
            DataError: There is no such folder, there are no catalogues in it, or too few pairs in too few programs to
                be divided.
        """
        for language in (source, target):
            rule = "must look like de or pt_BR"
            require(bool(_LANGUAGE.fullmatch(language)), f"language {language!r} {rule}", ConfigError)
        require(source != target, f"source and target are both {source}; name two languages", ConfigError)
        require(root.is_dir(), f"no such folder: {root}; name one in which programs keep their messages", DataError)
        others = [language for language in (source, target) if language != ENGLISH]
        files = {language: _files(root, language) for language in others}
        for language, of_it in files.items():
            require(
                bool(of_it),
                f"{root} has no message catalogue of {language} ({language}/LC_MESSAGES/*.mo); install programs with "
                "that translation, or name another folder",
                DataError,
            )
        programs = sorted(set.intersection(*(set(of_it) for of_it in files.values())))
        torn, pairs, seen = list[str](), dict[str, tuple[tuple[str, str], ...]](), set[str]()
        for program in programs:
            texts = {language: _texts(of_it[program], torn) for language, of_it in files.items()}
            pairs[program] = tuple(_new(_pairs(texts, source, target), seen))
        read = {program: tuple(path for of_it in files.values() for path in of_it[program]) for program in programs}
        parts = _divided({program: found for program, found in pairs.items() if found})
        return cls(source=source, target=target, parts=parts, catalogues=read, torn=tuple(torn))

    def write(self, folder: Path) -> None:
        """Two files a part, and ``origin.json``, which says what is from where.

        Raises:
            ConfigError: The folder cannot be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder)
        except OSError as error:
            raise ConfigError(f"the corpus cannot be written to {folder} ({error}); choose another --output") from error

    def _write(self, folder: Path) -> None:
        for part, programs in self.parts.items():
            pairs = [pair for found in programs.values() for pair in found]
            for side, language in enumerate((self.source, self.target)):
                text = "".join(f"{pair[side]}\n" for pair in pairs)
                (folder / f"{part}.{language}").write_text(text, encoding="utf-8")
        origin = {
            part: {
                program: {"pairs": len(pairs), "files": [str(path) for path in self.catalogues[program]]}
                for program, pairs in programs.items()
            }
            for part, programs in self.parts.items()
        }
        text = json.dumps({**origin, "torn": self.torn}, indent=1)
        (folder / "origin.json").write_text(text + "\n", encoding="utf-8")

    def size(self, part: str) -> int:
        """Number of pairs of a part."""
        return sum(len(found) for found in self.parts[part].values())


def _files(root: Path, language: str) -> dict[str, list[Path]]:
    """Program -> its catalogues of a language; versions of one program count as one."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.rglob(f"{language}/LC_MESSAGES/*.mo")):
        found.setdefault(_VERSION.sub("", path.stem) or path.stem, []).append(path)
    return found


def _texts(paths: Iterable[Path], torn: list[str]) -> dict[Message, str]:
    """All messages of a program; what cannot be read is told in ``torn``."""
    found: dict[Message, str] = {}
    for path in paths:
        try:
            found = read_catalogue(path) | found
        except DataError as error:
            torn.append(str(error))
    return found


def _pairs(texts: Mapping[str, Mapping[Message, str]], source: str, target: str) -> Iterator[tuple[str, str]]:
    """Sentences that both languages have."""
    known = set.intersection(*(set(of_it) for of_it in texts.values()))
    for message in sorted(known):
        one, other = (
            _plain(message[1] if language == ENGLISH else texts[language][message]) for language in (source, target)
        )
        if _usable(one, other):
            yield one, other


def _plain(text: str) -> str:
    """On one line, without the marks that stand before the letter of a keyboard short-cut."""
    return " ".join(_MARK.sub("", text).split())


def _usable(one: str, other: str) -> bool:
    """Whether they are sentences, say different things, and have the same gaps, tags and underscores.

    NOTE: a short-cut's mark within a word is found by that: only one side has the underscore.
    """
    words = [len(text.split()) for text in (one, other)]
    letters = [sum(character.isalpha() for character in text) for text in (one, other)]
    return (
        one != other
        and all(WORDS[0] <= n <= WORDS[1] for n in words)
        and max(words) <= _LARGEST_RATIO * min(words)
        and all(2 * n >= len(text) for n, text in zip(letters, (one, other), strict=True))
        and Counter(_PLACE.findall(one)) == Counter(_PLACE.findall(other))
    )


def _new(pairs: Iterable[tuple[str, str]], seen: set[str]) -> Iterator[tuple[str, str]]:
    """Pairs of which neither side was seen before, whatever its capitals, numbers and punctuation."""
    for pair in pairs:
        keys = {f"{side} {''.join(filter(str.isalpha, text)).casefold()}" for side, text in enumerate(pair)}
        if not keys & seen:
            seen |= keys
            yield pair


def _divided(
    pairs: Mapping[str, tuple[tuple[str, str], ...]],
) -> dict[str, dict[str, tuple[tuple[str, str], ...]]]:
    """Whole programs, in an order that depends on their names alone: into TEST and VALID while they fit, else TRAIN.

    Raises:
        DataError: A part stays empty.
    """
    room = HELD_OUT * sum(len(found) for found in pairs.values())
    parts: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {"train": {}, "valid": {}, "test": {}}
    for program in sorted(pairs, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        held = {part: sum(len(found) for found in parts[part].values()) for part in ("test", "valid")}
        fitting = [part for part, n in held.items() if n + len(pairs[program]) <= room]
        parts[fitting[0] if fitting else "train"][program] = pairs[program]
    sizes = {part: sum(len(found) for found in programs.values()) for part, programs in parts.items()}
    require(
        min(sizes.values()) > 0,
        f"the catalogues of {len(pairs)} programs give {sizes}; every part needs a pair from programs of its own: "
        "install more programs with translations, or name another folder",
        DataError,
    )
    return parts
