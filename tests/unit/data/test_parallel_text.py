"""Parallel text from files: cut into words that can be put together again, and refused where it is not aligned."""

import pickle
from dataclasses import replace

import pytest

from nasray.core.errors import ConfigError, DataError
from nasray.data.text_sets.parallel_text import ParallelText
from nasray.data.text_sets.sentence_pairs import SentencePairs

LINES = {
    "train": [("the cat sat", "die Katze saß"), ("the dog ran", "der Hund lief"), ("the cat ran", "die Katze lief")],
    "valid": [("the dog sat", "der Hund saß"), ("a cat", "eine Katze")],
    "test": [("a dog", "ein Hund 🐕")],
}


@pytest.fixture
def text(tmp_path):
    for part, pairs in LINES.items():
        for side, language in enumerate(("en", "de")):
            lines = "".join(f"{pair[side]}\n" for pair in pairs)
            (tmp_path / f"{part}.{language}").write_text(lines, encoding="utf-8")
    return ParallelText(
        folder=str(tmp_path), source="en", target="de", vocabulary=270, tokenizer=None, n_train=None, n_valid=None
    )


def test_sentences_can_be_written_again(text):
    found = text.load()
    assert found.n_words == 270
    for part, pairs in LINES.items():
        loaded = getattr(found, part)
        assert list(loaded.references) == [other for _, other in pairs]
        assert [found.written(ids) for ids in loaded.source] == [one for one, _ in pairs]
        assert [found.written(ids) for ids in loaded.target] == [other for _, other in pairs]
        assert max(max(ids) for ids in (*loaded.source, *loaded.target)) < found.n_words


def test_every_load_is_the_same(text):
    one, other = text.load(), pickle.loads(pickle.dumps(text)).load()
    assert (one.train, one.valid, one.test) == (other.train, other.valid, other.test)
    assert one.tokenizer.to_str() == other.tokenizer.to_str()


def test_the_fingerprint_is_of_sentences_and_words(text, tmp_path):
    assert text.fingerprint() == replace(text).fingerprint()
    others = {text.fingerprint(), replace(text, vocabulary=271).fingerprint(), replace(text, n_train=2).fingerprint()}
    (tmp_path / "test.de").write_text("kein Hund\n", encoding="utf-8")
    assert text.fingerprint() not in others
    assert len(others) == 3


def test_words_do_not_depend_on_what_is_only_judged(text, tmp_path):
    words = text.vocabulary_fingerprint()
    assert replace(text, n_valid=1).vocabulary_fingerprint() == words
    assert replace(text, n_train=2).vocabulary_fingerprint() != words
    path = tmp_path / "words.json"
    path.write_text(text.load().tokenizer.to_str(), encoding="utf-8")
    given = replace(text, tokenizer=str(path))
    assert given.vocabulary_fingerprint() == replace(given, n_train=2).vocabulary_fingerprint()


def test_the_first_pairs_can_be_taken(text):
    found = replace(text, n_train=2, n_valid=1).load()
    assert (len(found.train.source), len(found.valid.source), len(found.test.source)) == (2, 1, 1)


def test_a_tokenizer_can_be_given(text, tmp_path):
    path = tmp_path / "words.json"
    path.write_text(text.load().tokenizer.to_str(), encoding="utf-8")
    given = replace(text, tokenizer=str(path), n_train=1).load()
    assert given.n_words == 270
    assert given.valid == text.load().valid
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="is no file of the library tokenizers"):
        replace(text, tokenizer=str(path)).load()
    path.write_text("torn", encoding="utf-8")
    with pytest.raises(DataError, match=r"cannot be read .* set tokenizer=null"):
        replace(text, tokenizer=str(path)).fingerprint()


def test_what_is_missing_empty_or_not_aligned_is_refused(text, tmp_path):
    path = tmp_path / "valid.de"
    path.write_text("eins\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"valid\.en has 2 lines and .*valid\.de has 1"):
        text.load()
    path.write_text("eins\n \n", encoding="utf-8")
    with pytest.raises(DataError, match="has an empty line, number 2"):
        text.load()
    path.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"valid\.de is empty"):
        text.load()
    path.write_bytes(b"\xff\n")
    with pytest.raises(DataError, match=r"valid\.de cannot be read"):
        text.load()
    path.unlink()
    with pytest.raises(DataError, match=r"valid\.de cannot be read"):
        text.fingerprint()


def test_impossible_settings_are_refused(text):
    with pytest.raises(ConfigError, match=r"parallel_text\.vocabulary \(255\) must be at least 256"):
        replace(text, vocabulary=255)
    with pytest.raises(ConfigError, match=r"parallel_text\.n_train \(0\) must be at least 1"):
        replace(text, n_train=0)
    with pytest.raises(DataError, match=r"sentence pairs got \(1, 0, 1\)"):
        SentencePairs(((1,),), (), ("a",))
