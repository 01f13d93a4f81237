"""Text in pictures: what was read, and the words that searches find it by."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from mirrorlake.model.public import public_noun

TEXT_CHARACTERS = 10_000  # of one picture that are kept: PostgreSQL numbers 16,383 words of a text
WORD_CHARACTERS = 100  # of a word that are compared
_ACCENTS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic letters, after decomposition
# Scripts without spaces between words: each of their characters is a word, so that any run of them is found.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SPACES = re.compile(r"[^\S\n]")
_WORD = re.compile(f"[{_UNSPACED}]|(?:(?![{_UNSPACED}_])\\w)+")


@public_noun
class PictureText:
    """The text that was read in a picture, or why none could be read, or why it could not be read again."""

    text: str
    """Its lines from top to bottom; empty if the picture has no text, or it could never be read."""
    shortened: bool
    """Whether the picture has more text than is kept: 10,000 characters."""
    failure: str | None
    """Why it could not be read the last time; null if it was. A text beside it is what was read before."""
    model: str
    """What read the text, or could not read it."""
    at: datetime
    """When that was."""


@public_noun
class PictureTextUpdate:
    """What one job read of pictures whose text had not been read."""

    read: int
    """Pictures that were read. Equal files are counted once."""
    with_text: int
    """Those of them that have text."""
    failed: int
    """Pictures that could not be read. They are read again only on request."""
    postponed: int
    """Pictures whose object could not be reached: the next job tries again."""
    requests: int = 0
    """Requests to the bucket."""
    bytes_read: int = 0
    """Bytes of objects that were read."""


def words_of(text: str) -> list[str]:
    """The words of a text, in order, as searches compare them: without case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    folded = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
    return [word[:WORD_CHARACTERS] for word in _WORD.findall(folded)]


def kept_text(text: str) -> tuple[str, bool]:
    """The part of a text that is kept, without what cannot be stored, and whether there is more."""
    spaced = _SPACES.sub(" ", text)  # those of Chinese and Japanese texts are wider
    storable = "".join(
        character for character in spaced if character == "\n" or (character.isprintable() and character != "\ufffd")
    ).strip()
    return storable[:TEXT_CHARACTERS].rstrip(), len(storable) > TEXT_CHARACTERS
