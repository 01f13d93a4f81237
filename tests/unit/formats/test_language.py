"""The language of texts: recognised from short ones, left open where it is uncertain."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mirrorlake.formats.language import EXAMINED_CHARACTERS, recognise_language
from mirrorlake.model.looking import Looking
from mirrorlake.model.media import MediaKind
from mirrorlake.processing.process import process_bytes

ARTICLE: dict[str, str] = tomllib.loads(
    (Path(__file__).parents[2] / "support" / "article.toml").read_text(encoding="utf-8")
)
NO_LANGUAGE = [
    "",
    "Hello",
    "OK 200",
    "\n".join(f"{number} {number * 17} {number * 0.37:.3f}" for number in range(300)),
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 " * 9,
    "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuTWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu" * 5,
    "https://example.com/a/long/way/to/nowhere.html " * 20,
    "0 0.5 0.5 0.25 0.25\n1 0.1 0.9 0.3 0.2\n" * 40,
    "img_0001.jpg img_0002.jpg img_0003.jpg " * 9,
]


@pytest.mark.parametrize("language", ARTICLE)
def test_the_language_of_two_sentences_is_recognised(language: str):
    assert recognise_language(ARTICLE[language]) == language


@pytest.mark.parametrize("text", NO_LANGUAGE)
def test_what_has_no_language_gets_none(text: str):
    assert recognise_language(text) is None


def test_a_text_in_two_languages_has_none():
    assert recognise_language(ARTICLE["de"] * 6 + "\n\n" + ARTICLE["fr"] * 6) is None
    assert recognise_language(ARTICLE["ru"] * 12 + ARTICLE["en"]) == "ru"  # a quotation


def test_only_the_beginning_of_a_text_is_examined():
    german = ARTICLE["de"] * (EXAMINED_CHARACTERS // len(ARTICLE["de"]) + 1)
    assert recognise_language(german + ARTICLE["ru"] * 2000) == "de"


def facts_of(name: str, data: bytes):
    return process_bytes(data, name, Looking(media=frozenset({MediaKind.TEXT}))).facts


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a.txt", ARTICLE["pl"], "pl"),
        (
            "a.md",
            f"# Titel\n\n{ARTICLE['de']}\n\n```python\n" + "raise ValueError('this is wrong')\n" * 30 + "```",
            "de",
        ),
        ("a.html", f"<html><p>{ARTICLE['es']}", "es"),
        ("a.html", f"<html lang='de-AT'><p>{ARTICLE['es']}", "de-AT"),
        ("a.csv", f"text\n{ARTICLE['en']}", None),
    ],
)
def test_it_is_a_fact_of_texts_and_what_a_page_specifies_counts_first(name: str, text: str, language: str | None):
    assert facts_of(name, text.encode()).language == language


@pytest.mark.parametrize(("encoding", "language"), [("utf-16", "fr"), ("cp1252", "fr")])
def test_it_does_not_depend_on_the_encoding(encoding: str, language: str):
    assert facts_of("a.txt", ARTICLE[language].encode(encoding)).language == language


@pytest.mark.parametrize(("encoding", "language"), [("cp1251", "ru"), ("koi8-r", "ru"), ("shift-jis", "ja")])
def test_a_text_whose_encoding_is_guessed_wrongly_has_none(encoding: str, language: str):
    assert facts_of("a.txt", ARTICLE[language].encode(encoding)).language is None
