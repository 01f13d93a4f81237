"""The field `text:`, which finds pictures by the text that was read in them. Pure."""

from __future__ import annotations

from typing import LiteralString

from mirrorlake.model.picture_texts import words_of
from mirrorlake.search.nodes import HasText, Node
from mirrorlake.search.sql import Sql
from mirrorlake.search.term import Term


def read_picture_text(term: Term) -> Node:
    """`text = "text:" (quoted | raw ["*"])`: words one after the other; `text:*` is any text."""
    written = term.value.text
    prefix = not term.value.quoted and written.endswith("*")
    if prefix:
        written = written.removesuffix("*")
    if not term.value.quoted and "*" in written:
        term.reject("A star can only end the text.", "Write the beginning of a word, as in text:inv*.")
    words = tuple(words_of(written))
    if not words and (written or not prefix):
        term.reject("Expected a word.", 'Words are letters and digits, as in text:invoice or text:"exit only".')
    return term.allow_negation(HasText(words, prefix and bool(words)))


def text_sql(words: tuple[str, ...], *, prefix: bool) -> Sql:
    """Whether the text in a picture has these words. They are bound, not parsed: each is letters and digits only."""
    return Sql(_READ + (_FOUND if words else _ANY), _params(words, prefix=prefix))


def texts_sql(words: tuple[str, ...], *, prefix: bool) -> list[Sql]:
    """The texts that have each of these words, whatever the others.

    PostgreSQL takes words as independent of each other, and so expects far too few texts with a common phrase.
    """
    if not words:
        return [Sql("SELECT FROM picture_text WHERE TRUE" + _ANY[:-1])]
    last = len(words) - 1
    each = (_params((word,), prefix=prefix and place == last) for place, word in enumerate(words))
    return [Sql("SELECT FROM picture_text WHERE TRUE" + _FOUND[:-1], params) for params in each]


def _params(words: tuple[str, ...], *, prefix: bool) -> tuple[str, ...]:
    return (" <-> ".join(f"'{word}'" for word in words) + (":*" if prefix else ""),) if words else ()


def one_by_one(condition: Sql) -> Sql:
    """The same condition, for assets that are checked one after the other: PostgreSQL looks up the text of each.

    Otherwise it may first gather all texts that have the words, for a page that needs fifty.
    """
    text = condition.text.replace(_ANY, _ANY[:-1] + _FENCE).replace(_FOUND, _FOUND[:-1] + _FENCE)
    return Sql(text, condition.params)


# EXISTS, so that PostgreSQL may begin with the words, or look up the text of few assets.
_READ: LiteralString = "EXISTS (SELECT FROM picture_text WHERE picture_text.digest = asset.digest"
_ANY: LiteralString = " AND picture_text.text <> '')"
_FOUND: LiteralString = " AND picture_text.words @@ %s::tsquery)"
_FENCE: LiteralString = " OFFSET 0)"  # it changes no result, and keeps PostgreSQL from joining
