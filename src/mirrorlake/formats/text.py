"""Text: how many characters and lines, in which encoding, and how it begins. No thumbnail.

The bytes decide that an object is text; of the kinds of text, only HTML and JSON can be recognised by them.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

from mirrorlake.core.text import printable
from mirrorlake.formats.codec import FirstBytes, Probe, Rendered
from mirrorlake.formats.language import EXAMINED_CHARACTERS, recognise_language
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.media import TextFacts

FIRST_LINES = 3  # that are kept
LINE_CHARACTERS = 200  # that are kept of each
MAX_HTML_CHARACTERS = 1 << 20  # that are parsed
MAX_LANGUAGE = 35  # characters of a language tag, as RFC 5646 recommends to support

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like the next one
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESSED = "windows-1252"  # for whatever is no UTF-8
_MAX_ACCENTS = 0.3  # of the letters: with more of them, the encoding is one of Greek or Cyrillic letters instead
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How a text begins."""

    lines: tuple[str, ...]
    title: str | None = None
    language: str | None = None  # as the text specifies it, a tag of BCP 47 such as "de-AT"
    words: str | None = None  # without markup; None: all of the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The codec of one kind of text."""

    name: str  # in messages
    begin: Callable[[str], Beginning]
    is_prose: bool = False  # whether its words have a language

    def available(self) -> bool:
        """Python reads text."""
        return True

    def probe(self, data: bytes) -> Probe:
        """Decode the text. Raises UndecodableObject (stage probe) if it contains NUL characters.

        The first bytes of a text do not count its characters and lines.
        """
        part = isinstance(data, FirstBytes)
        text, encoding, warnings = _decode(data, is_part=part)
        if "\0" in text:
            raise UndecodableObject(Stage.PROBE, f"{self.name} header is damaged: it contains NUL characters")
        beginning = self.begin(text)
        language = beginning.language
        if language is None and self.is_prose and not (encoding == _GUESSED and _is_misread(text)):
            language = recognise_language(text if beginning.words is None else beginning.words)
        facts = TextFacts(
            characters=None if part else len(text),
            lines=None if part else text.count("\n") + (not text.endswith("\n")),
            encoding=encoding,
            title=beginning.title,
            language=language,
            first_lines="\n".join(beginning.lines) or None,
        )
        return Probe(facts=facts, warnings=warnings)

    def render(self, _data: bytes, _probe: Probe, /) -> Rendered | None:
        """Text has no thumbnail."""
        return None


def _decode(data: bytes, *, is_part: bool) -> tuple[str, str, tuple[str, ...]]:
    """The text, its encoding, and warnings. The last character of a part may be cut; it is left out."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = codecs.getincrementaldecoder(encoding)("replace").decode(data[len(mark) :], final=not is_part)
            wrong = text.count("\ufffd")
            warnings = (f"the text is not completely {encoding}; {wrong:,} characters were replaced",) if wrong else ()
            return text, encoding, warnings
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=not is_part), "utf-8", ()
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
        return text, _GUESSED, ("the text is not UTF-8; it was read as Windows-1252, which is a guess",)


def _is_misread(text: str) -> bool:
    letters = [character for character in text[:EXAMINED_CHARACTERS] if character.isalpha()]
    return sum(not character.isascii() for character in letters) > _MAX_ACCENTS * len(letters)


def first_lines(text: str) -> tuple[str, ...]:
    """The first lines with printable characters, each cut to LINE_CHARACTERS."""
    found: list[str] = []
    place = 0
    while len(found) < FIRST_LINES and place < len(text):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        line = printable(text[place : min(end, place + 2 * LINE_CHARACTERS)].expandtabs(1), LINE_CHARACTERS)
        if line is not None:
            found.append(line)
        place = end + 1
    return tuple(found)


def _begin_plain(text: str) -> Beginning:
    return Beginning(lines=first_lines(text))


def _begin_html(text: str) -> Beginning:
    reader = _HtmlReader()
    reader.feed(text[:MAX_HTML_CHARACTERS])
    title = printable(" ".join("".join(reader.title).split()), LINE_CHARACTERS)
    language = printable(reader.language or "", MAX_LANGUAGE)
    words = "".join(reader.words)
    return Beginning(lines=first_lines(words), title=title, language=language, words=words)


class _HtmlReader(HTMLParser):
    """Collects the title, the language and the words that a browser would show. Loads nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.words: list[str] = []
        self.language: str | None = None
        self._unseen = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the language of the page and what is not shown."""
        if tag == "html":
            self.language = dict(attrs).get("lang")
        self._in_title = tag == "title" and not self.title
        if tag == "body":
            self._unseen = 0  # whatever was not closed before
        elif tag in _UNSEEN:
            self._unseen += 1
        elif tag in {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "td"}:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Leave what is not shown."""
        self._in_title = False
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if self._in_title:
            self.title.append(data)
        elif not self._unseen:
            self.words.append(data)


PLAIN = Text(name="text", begin=_begin_plain, is_prose=True)
MARKDOWN = Text(name="Markdown", begin=_begin_plain, is_prose=True)
CSV = Text(name="CSV", begin=_begin_plain)
JSON = Text(name="JSON", begin=_begin_plain)
HTML = Text(name="HTML", begin=_begin_html, is_prose=True)
