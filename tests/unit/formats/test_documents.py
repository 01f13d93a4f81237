"""PDF and text: facts without executing anything, a thumbnail of the first page, reasons for what cannot be read."""

from __future__ import annotations

import pytest
from tests.support.examples import example
from tests.support.images import encoded, pdf, pixels, scene

from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.looking import Looking
from mirrorlake.model.media import DocumentFacts, MediaKind, TextFacts
from mirrorlake.processing.process import process_bytes

# PDF


def test_a_pdf_has_pages_title_author_and_a_thumbnail_of_its_first_page():
    found = process_bytes(pdf(pages=3), "a.pdf")
    assert found.facts == DocumentFacts(pages=3, title="A find", author="Ada")
    thumbnail = pixels(found.rendered.thumbnail)
    assert thumbnail.shape == (320, 214, 3)
    assert thumbnail[80].mean(axis=0) == pytest.approx((255, 0, 0), abs=8)  # the upper half
    assert thumbnail[240].mean(axis=0) == pytest.approx((255, 255, 255), abs=2)  # paper


@pytest.mark.parametrize(("size", "side"), [((14_400, 100), 320), ((10, 10), 40), ((1, 1), 4)])
def test_pages_of_any_size_are_drawn(size: tuple[int, int], side: int):
    assert max(pixels(process_bytes(pdf(size=size), "a.pdf").rendered.thumbnail).shape[:2]) == side


def test_a_title_of_control_characters_is_none():
    assert process_bytes(pdf(title=r"\001\002"), "a.pdf").facts.title is None


@pytest.mark.parametrize("size", [9, 100, 300])
def test_a_cut_pdf_is_refused(size: int):
    with pytest.raises(UndecodableObject, match=r"^PDF header is damaged") as caught:
        process_bytes(pdf()[:size], "a.pdf")
    assert caught.value.stage is Stage.PROBE


# Text


@pytest.mark.parametrize(
    ("name", "suffix", "facts"),
    [
        ("text", ".txt", TextFacts(characters=21, lines=2, encoding="utf-8", first_lines="A find\nin the garden")),
        ("CSV", ".csv", TextFacts(characters=21, lines=2, encoding="utf-8", first_lines="name,width\na.jpg,640")),
        (
            "HTML",
            ".html",
            TextFacts(
                characters=73, lines=1, encoding="utf-8", title="Ein Fund", language="de", first_lines="Guten Tag"
            ),
        ),
    ],
)
def test_text_has_facts_and_no_thumbnail(name: str, suffix: str, facts: TextFacts):
    found = process_bytes(example(name), f"a{suffix}")
    assert (found.facts, found.rendered, found.warnings) == (facts, None, ())


@pytest.mark.parametrize(
    ("data", "encoding", "first"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("\ufeffGrüße".encode(), "utf-8", "Grüße"),
        ("\ufeffGrüße".encode("utf-16-le"), "utf-16-le", "Grüße"),
        ("\ufeffGrüße".encode("utf-16-be"), "utf-16-be", "Grüße"),
        ("Grüße".encode("latin-1"), "windows-1252", "Grüße"),
    ],
)
def test_encodings_are_found(data: bytes, encoding: str, first: str):
    found = process_bytes(data, "a.txt")
    assert (found.facts.encoding, found.facts.first_lines) == (encoding, first)
    assert bool(found.warnings) == (encoding == "windows-1252")  # a guess


def test_first_lines_are_short_and_printable():
    facts = process_bytes(b"\n\n\x1b[31mred\x1b\t!\n" + b"x" * 100_000 + b"\n\na\nb", "a.txt").facts
    assert facts.first_lines.split("\n") == ["[31mred !", "x" * 200, "a"]
    assert facts.lines == 7


def test_scripts_and_styles_of_a_page_are_not_its_words():
    page = (
        b"<html><head><title>T</title><style>p{}</style><script>alert(1)</script></head><body><p>Seen<!-- not --></p>"
    )
    facts = process_bytes(page, "a.html").facts
    assert (facts.title, facts.first_lines, facts.language) == ("T", "Seen", None)


def test_text_with_nul_after_its_beginning_is_refused():
    with pytest.raises(UndecodableObject, match="NUL"):
        process_bytes(b"a" * 5000 + b"\0", "a.txt")


# Kinds


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (pdf(), "a.jpg", "named .jpg, but the bytes are a PDF"),
        (b"<html>Sign in", "a.jpg", "an HTML page (often a sign-in"),
    ],
)
def test_another_kind_than_the_datasource_takes_is_refused(data: bytes, name: str, words: str):
    with pytest.raises(UndecodableObject, match=words.replace("(", r"\(")) as caught:
        process_bytes(data, name, Looking(media=frozenset({MediaKind.IMAGE})))
    assert caught.value.stage is Stage.IDENTIFY


def test_another_kind_under_a_wrong_name_is_a_warning_where_it_is_taken():
    both = Looking(media=frozenset({MediaKind.IMAGE, MediaKind.DOCUMENT}))
    found = process_bytes(encoded(scene(20, 20), "png"), "a.pdf", both)
    assert found.warnings == ("named .pdf, but the bytes are a PNG; it was imported as a PNG",)
