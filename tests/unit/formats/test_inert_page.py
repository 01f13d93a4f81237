"""A page of a bucket is shown without anything that fetches, connects or leaves beside its policy."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from mirrorlake.formats.inert_page import inert_page

ACTIVE = (
    "link", "meta", "base", "iframe", "frame", "frameset", "object", "embed", "applet", "portal", "fencedframe",
    "animate", "animateTransform", "set",
)  # fmt: skip


class Elements(HTMLParser):
    """Collects the names of elements, and the words between them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.names: list[str] = []
        self.words = ""
        self.links: list[str | None] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value for name, value in attrs if name.endswith("href")]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", ACTIVE)
@pytest.mark.parametrize("form", ["<{} rel=preconnect href='//x.invalid'>", "<{}/href=//x>", "<{}\n>", "<{}>", "<{}"])
def test_what_acts_beside_the_policy_becomes_a_comment(name: str, form: str) -> None:
    for written in (name, name.upper(), name.title()):
        page = inert_page(f"<p>before</p>{form.format(written)}<p>after</p>".encode(), "utf-8")
        assert name.lower() not in Elements(page).names
        assert b"<p>before</p>" in page


def test_everything_else_of_a_page_stays() -> None:
    page = b"<!doctype html><html lang=en><head><title>A</title><style>p{color:red}</style></head><body><p>1 < 2</p>"
    assert inert_page(page, "utf-8").startswith(page)
    # A mark of the encoding would be in front of the doctype, in the middle of nothing.
    assert inert_page("\ufeff<p>ä".encode(), "utf-8").startswith("<p>ä".encode())


@pytest.mark.parametrize(
    "link", ["href='//x.invalid'", "HREF = /a", "title='>' href\n=\n\"x\"", "xlink:href=javascript:1", "href=' #a'"]
)
def test_a_link_has_no_address_outside_of_the_page(link: str) -> None:
    page = inert_page(
        f"<a {link}>a link</a> <a href=#b>b</a><use href='#c'/> to write: &lt;a {link}>".encode(), "utf-8"
    )
    assert Elements(page).links == ["#b", "#c"]
    assert f"to write: <a {link}>" in Elements(page).words.replace("\u2060", "")


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        ("<meta charset=Shift_JIS><p>日本".encode("shift_jis"), "windows-1252", "日本"),
        (b'<meta content="text/html; charset=iso-8859-2"><p>\xb1', "windows-1252", "ą"),
        (b"<meta charset=unicode_escape><p>\\u003cb>", "windows-1252", "\\u003cb>"),
        (b"<meta charset=iso-8859-12><p>\xe4", "windows-1252", "ä"),
        (b"<p>\xe4", "windows-1252", "ä"),
        ("<p>ä".encode("utf-16-le"), "utf-16-le", "ä"),
        ("<p>ä".encode(), None, "ä"),
        (b"<meta charset=koi8-r><p>\xd1", None, "я"),
        ("<p>ä".encode()[:-1], "utf-8", "\ufffd"),
    ],
)
def test_a_page_is_sent_as_utf_8(data: bytes, encoding: str | None, words: str) -> None:
    assert words in Elements(inert_page(data, encoding)).words
