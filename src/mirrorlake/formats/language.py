"""Recognise the language of a text, from its beginning; none where that is not certain.

The model is naive Bayes over byte sequences, for 97 languages. It is in the package py3langid and needs only numpy.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Protocol, cast
from unicodedata import category

EXAMINED_CHARACTERS: Final = 4096
_PIECE: Final = 512  # characters; a text in several languages has pieces that disagree
_LEAST_BYTES: Final = 24  # of letters in UTF-8: about 24 letters of Latin, 12 of Greek, 8 of Chinese
_LEAST_SHARE: Final = 0.5  # of letters among what is no blank: tables, logs and programs have fewer
_CERTAIN: Final = 0.8
_AGREEING: Final = 0.8  # the share of pieces in the same language

# What is the same in every language. Each expression is linear: what it repeats excludes what ends it.
_ELSEWHERE: Final = re.compile(
    r"```[^`]*(?:```|$)"  # program text in Markdown
    r"|`[^`\n]*`"
    r"|<[^<>\n]{1,200}>"
    r"|\S{1,200}://\S+"
    r"|\S{1,100}@\S{1,100}"
    r"|(?<=\])\([^()\n]{0,300}\)"  # the target of a link
)


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def recognise_language(text: str) -> str | None:
    """The language in ISO 639, such as "de"; None if it is uncertain, or the text is too short or hardly words."""
    words = _ELSEWHERE.sub(" ", text[:EXAMINED_CHARACTERS])
    pieces = [piece for piece in _pieces(words) if _has_words(piece)]
    if not pieces:
        return None
    found = [_identifier().classify(piece) for piece in pieces]
    language = max(found, key=lambda one: one[1])[0]
    certain = [probability for name, probability in found if name == language and probability >= _CERTAIN]
    return language if len(certain) >= _AGREEING * len(pieces) else None


def _pieces(text: str) -> list[str]:
    """The text in parts of similar length, cut between words where there are blanks."""
    joined = " ".join(text.split())
    count = max(1, round(len(joined) / _PIECE))
    pieces: list[str] = []
    start = 0
    for number in range(1, count + 1):
        end = len(joined) if number == count else len(joined) * number // count
        blank = joined.rfind(" ", start, end) if end < len(joined) else -1
        end = blank if blank > start else end
        pieces.append(joined[start:end])
        start = end
    return pieces


def _has_words(piece: str) -> bool:
    letters = "".join(character for character in piece if category(character)[0] in "LM")  # M: as vowels of Thai
    solid = len(piece) - piece.count(" ")
    return len(letters.encode("utf-8", "ignore")) >= _LEAST_BYTES and len(letters) >= _LEAST_SHARE * solid


@cache
def _identifier() -> _Identifier:
    """The model, which takes a while to load: once in a process, and only where texts are read."""
    from py3langid.langid import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        MODEL_FILE,
        LanguageIdentifier,
    )

    return cast("_Identifier", LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True))
