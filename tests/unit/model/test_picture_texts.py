"""The words of a text: what a search compares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.model.picture_texts import TEXT_CHARACTERS, WORD_CHARACTERS, kept_text, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Exit ONLY!", ["exit", "only"]),
        ("A/B-7_x", ["a", "b", "7", "x"]),
        ("1,234.50 EUR", ["1", "234", "50", "eur"]),
        ("Müller, Straße; ÅNGSTRÖM", ["muller", "strasse", "angstrom"]),
        ("ﬁne", ["fine"]),
        ("<b>tag</b> 'quoted' a\\b", ["b", "tag", "b", "quoted", "a", "b"]),
        ("出口A2 トイレ", ["出", "口", "a2", "ト", "イ", "レ"]),
        ("가격 표", ["가격", "표"]),
        ("\0 \n ---", []),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(text: str, words: list[str]):
    assert words_of(text) == words


@given(st.text(max_size=60))
def test_words_are_the_words_of_themselves(text: str):
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert words_of("-".join(words)) == words


@given(st.text(alphabet=st.characters(), max_size=60))
def test_what_is_kept_can_be_stored_and_is_kept_as_it_is(text: str):
    kept, more = kept_text(text)
    assert "\0" not in kept
    kept.encode()  # no half of a character
    assert not more
    assert kept_text(kept) == (kept, False)


def test_wide_and_fixed_spaces_still_divide_words():
    kept, _ = kept_text("exit\u3000only\tdock\u00a07\nB")
    assert kept == "exit only dock 7\nB"


def test_a_long_text_is_shortened_and_a_long_word_compared_by_its_beginning():
    kept, more = kept_text("word " * TEXT_CHARACTERS)
    assert more
    assert TEXT_CHARACTERS - 5 <= len(kept) <= TEXT_CHARACTERS
    assert words_of("x" * 5000) == ["x" * WORD_CHARACTERS]
