"""A corpus from message catalogues: read from their bytes, cleaned, divided by program."""

import json
import struct
from itertools import chain
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nasray.app.data_verbs import data
from nasray.core.errors import ConfigError, DataError
from nasray.data.gettext_catalogue import read_catalogue
from nasray.data.gettext_corpus import GettextCorpus

HEADER = ("", "Content-Type: text/plain; charset={}\n")


def catalogue(path: Path, messages: list[tuple[str, str]], charset: str = "UTF-8", order: str = "<") -> Path:
    """A file as ``msgfmt`` writes it."""
    pairs = [(one.encode(charset), other.encode(charset)) for one, other in [HEADER, *messages]]
    pairs[0] = (b"", HEADER[1].format(charset).encode())
    start = 28 + 16 * len(pairs)
    tables, texts = [b"", b""], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack(f"{order}2I", len(pair[side]), start + len(texts))
            texts += pair[side] + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"".join(tables) + texts)
    return path


@pytest.mark.parametrize(("charset", "order"), [("UTF-8", "<"), ("ISO-8859-1", ">")])
def test_contexts_plurals_and_encodings(tmp_path, charset, order):
    messages = [
        ("Open file", "Datei öffnen"),
        ("menu\x04Open file", "Öffnen"),
        ("%d file\0%d files", "%d Datei\0%d Dateien"),
        ("%d day\0%d days", "a\0b\0c"),
        ("Not translated", ""),
    ]
    found = read_catalogue(catalogue(tmp_path / "a.mo", messages, charset, order))
    assert found == {
        ("", "Open file", 0): "Datei öffnen",
        ("menu", "Open file", 0): "Öffnen",
        ("", "%d file", 0): "%d Datei",
        ("", "%d files", 1): "%d Dateien",
        ("", "%d day", 0): "a",  # of three forms, none is the English plural
    }


def test_what_is_no_catalogue_is_refused(tmp_path):
    path = tmp_path / "a.mo"
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="is no message catalogue"):
        read_catalogue(path)
    whole = catalogue(path, [("Open file", "Datei öffnen")]).read_bytes()
    path.write_bytes(whole[:-8])
    with pytest.raises(DataError, match="ends too early"):
        read_catalogue(path)
    path.write_bytes(whole[:20])
    with pytest.raises(DataError, match="cannot be read"):
        read_catalogue(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_catalogue(tmp_path / "missing.mo")


def sentences(program: str, n: int) -> list[tuple[str, str]]:
    """Pairs that no other program has; their letters differ."""
    names = [f"{program}{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(n)]
    return [(f"cannot open {name}", f"{name} lässt sich nicht öffnen") for name in names]


@pytest.fixture
def root(tmp_path):
    """Catalogues of one large and 12 small programs."""
    for program, n in [("large", 180), *((f"p{chr(97 + k)}", 2 + k % 3) for k in range(12))]:
        catalogue(tmp_path / "usr" / "locale" / "de" / "LC_MESSAGES" / f"{program}.mo", sentences(program, n))
    return tmp_path / "usr"


def pairs_of(corpus):
    return list(chain.from_iterable(found for programs in corpus.parts.values() for found in programs.values()))


def test_programs_are_divided_and_none_is_in_two_parts(root):
    corpus = GettextCorpus.found_in(root, "en", "de")
    programs = [name for part in corpus.parts.values() for name in part]
    assert len(programs) == len(set(programs)) == 13
    assert "large" in corpus.parts["train"]
    total = sum(map(corpus.size, corpus.parts))
    assert total == len(pairs_of(corpus))
    for part in ("valid", "test"):
        assert 0 < corpus.size(part) <= 0.05 * total
    assert GettextCorpus.found_in(root, "en", "de") == corpus


def test_two_languages_that_are_both_translations_are_joined_by_their_message(root):
    for path in sorted(root.rglob("*.mo")):
        french = [(one, one.replace("cannot open", "impossible ouvrir le")) for one, _ in sentences(path.stem, 180)]
        catalogue(root / "locale" / "fr" / "LC_MESSAGES" / path.name, french)
    corpus = GettextCorpus.found_in(root, "fr", "de")
    assert all(one.startswith("impossible ouvrir le") and "öffnen" in other for one, other in pairs_of(corpus))


@pytest.mark.parametrize(
    ("message", "translation", "kept"),
    [
        ("cannot  open\nthe file", "Datei kann nicht geöffnet werden", ("cannot open the file", None)),
        ("_Open the file", "Die Datei ö_ffnen jetzt", None),  # a short-cut within a word
        ("_Open the file", "Die _Datei jetzt öffnen", ("Open the file", "Die Datei jetzt öffnen")),
        ("&Save the file", "Die Datei &sichern bitte", ("Save the file", "Die Datei sichern bitte")),
        ("read %s of %d", "%d von %s gelesen", ("read %s of %d", None)),
        ("read all of %s", "Alles ist gelesen worden", None),
        ("use <b>this</b> file", "Diese Datei hier benutzen", None),
        ("set the field my_name", "Das Feld my_name setzen", ("set the field my_name", None)),
        ("two words", "zwei kurze Wörter", None),
        ("the same text here", "the same text here", None),
        ("%s: %s: %s:", "%s: %s - %s:", None),
        ("one two three", "eins zwei drei vier fünf sechs sieben acht neun", None),
        (" ".join(["word"] * 26), " ".join(["Wort"] * 20), None),
    ],
)
def test_sentences_are_cleaned_or_left_out(root, message, translation, kept):
    catalogue(root / "locale" / "de" / "LC_MESSAGES" / "large.mo", [*sentences("large", 180), (message, translation)])
    corpus = GettextCorpus.found_in(root, "en", "de")
    found = [pair for pair in corpus.parts["train"]["large"] if not pair[0].startswith("cannot open large")]
    assert found == ([] if kept is None else [(kept[0], kept[1] or translation)])


def test_no_sentence_is_there_twice(root):
    again = ("Cannot open LARGEAA!", "anders als zuvor gesagt")
    catalogue(root / "locale" / "de" / "LC_MESSAGES" / "zz.mo", [*sentences("zz", 3), *sentences("large", 5), again])
    found = pairs_of(GettextCorpus.found_in(root, "en", "de"))
    assert len({one for one, _ in found}) == len(found)
    assert again not in found


def test_versions_of_a_program_are_one_program_and_torn_files_are_told(root):
    folder = root / "locale" / "de" / "LC_MESSAGES"
    catalogue(folder / "large-15.2.mo", sentences("more", 4))
    (folder / "torn.mo").write_bytes(b"torn")
    corpus = GettextCorpus.found_in(root, "en", "de")
    assert [path.name for path in corpus.catalogues["large"]] == ["large-15.2.mo", "large.mo"]
    assert len(corpus.parts["train"]["large"]) == 184
    (reason,) = corpus.torn
    assert "torn.mo is no message catalogue" in reason


def test_files_are_written_line_by_line_with_their_origin(root, tmp_path):
    corpus = GettextCorpus.found_in(root, "en", "de")
    corpus.write(tmp_path / "corpus")
    for part in corpus.parts:
        lines = [
            (tmp_path / "corpus" / f"{part}.{one}").read_text(encoding="utf-8").splitlines() for one in ("en", "de")
        ]
        assert len(lines[0]) == len(lines[1]) == corpus.size(part)
    origin = json.loads((tmp_path / "corpus" / "origin.json").read_text(encoding="utf-8"))
    assert origin["train"]["large"]["pairs"] == 180
    assert origin["train"]["large"]["files"] == [str(root / "locale" / "de" / "LC_MESSAGES" / "large.mo")]


def test_a_folder_that_cannot_be_is_refused(root, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written to .*taken .*choose another --output"):
        GettextCorpus.found_in(root, "en", "de").write(tmp_path / "taken")


def test_a_machine_without_translations_is_told_what_to_do(root, tmp_path):
    with pytest.raises(DataError, match="has no message catalogue of fi"):
        GettextCorpus.found_in(root, "en", "fi")
    with pytest.raises(DataError, match=r"no such folder: .*nowhere; name one in which programs keep"):
        GettextCorpus.found_in(tmp_path / "nowhere", "en", "de")
    with pytest.raises(ConfigError, match=r"language '\.\.' must look like de or pt_BR"):
        GettextCorpus.found_in(root, "..", "de")
    with pytest.raises(ConfigError, match="source and target are both de"):
        GettextCorpus.found_in(root, "de", "de")
    catalogue(tmp_path / "few" / "de" / "LC_MESSAGES" / "one.mo", sentences("one", 5))
    with pytest.raises(DataError, match="the catalogues of 1 programs give"):
        GettextCorpus.found_in(tmp_path / "few", "en", "de")


def test_the_command_says_what_it_found_and_where(root, tmp_path):
    asked = ["build-gettext-corpus", "--root", str(root), "--output", str(tmp_path / "corpus")]
    done = CliRunner().invoke(data, asked)
    assert done.exit_code == 0, done.output
    assert f"13 message catalogues of 13 programs under {root}; torn: 0" in done.output
    assert "large 180" in done.output
    assert f"dataset.folder={tmp_path / 'corpus'}" in done.output
    assert (tmp_path / "corpus" / "test.de").is_file()
    assert CliRunner().invoke(data, [*asked, "--target", "fi"]).exit_code == 2
