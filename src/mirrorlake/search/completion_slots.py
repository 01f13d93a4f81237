"""Find what is being written at a position of a query: a field, a key, an operator or a value. Pure.

The query may be incomplete there: a quotation mark need not be closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_NAMED = re.compile(r"(?P<space>metadata|facts)[.:]", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9_.]*")
_FIELD = re.compile(r"[^\W\d][\w-]*")
_OPERATOR = re.compile(r":(?:>=|<=|!=|>|<|=)|:|==|>=|<=|!=|>|<|=")
_KEYWORD = re.compile(r"(?:AND|OR|NOT)")


class SlotKind(Enum):
    """What is being written."""

    WORD = auto()  # a word that may become a field, a key or a keyword
    KEY = auto()  # a metadata key or a fact
    VALUE = auto()  # after an operator
    NOTHING = auto()  # nothing that can be completed


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What is being written, and the part of the query that a suggestion replaces."""

    kind: SlotKind
    start: int
    end: int
    prefix: str = ""  # what is written of it before the position, without quotation marks and escapes
    field: str = ""  # `metadata`, `facts`, or of a value: the field as in queries, such as `metadata.site` and `tag`
    operator: str = ""  # before a value
    follows: bool = False  # an operator follows the key


def find_slot(query: str, position: int) -> Slot:
    """What is being written at a position, from 0 to the length of the query."""
    start, end = _word_at(query, position)
    while start < position and query[start] == "-":
        start += 1
    written = query[start:position]
    if not written:
        return Slot(kind=SlotKind.WORD, start=position, end=position)
    if '"' in written[:1]:
        return _nothing(position)
    named = _NAMED.match(query, start, end)
    if named is not None and position >= named.end():
        return _of_key(query, position, end, named)
    field = _FIELD.match(query, start, end)
    operator = None if field is None else _OPERATOR.match(query, field.end(), end)
    if field is None or operator is None:
        return Slot(kind=SlotKind.WORD, start=start, end=end, prefix=written)
    if position >= operator.end():
        return _of_value(query, position, end, field.group().lower(), operator)
    if position <= field.end():
        return Slot(kind=SlotKind.WORD, start=start, end=field.end(), prefix=written, follows=True)
    return _nothing(position)


def _of_key(query: str, position: int, end: int, named: re.Match[str]) -> Slot:
    space, key_at = named.group("space").lower(), named.end()
    key = _KEY.match(query, key_at, end)
    key_end = key_at if key is None else key.end()
    operator = _OPERATOR.match(query, key_end, end)
    if position <= key_end:
        prefix, follows = query[key_at:position], operator is not None
        return Slot(kind=SlotKind.KEY, start=named.start(), end=key_end, prefix=prefix, field=space, follows=follows)
    if operator is None or position < operator.end():
        return _nothing(position)
    return _of_value(query, position, end, f"{space}.{query[key_at:key_end]}", operator)


def _of_value(query: str, position: int, end: int, field: str, operator: re.Match[str]) -> Slot:
    at = operator.end()
    written = query[at:position]
    if written.startswith('"'):
        closed = _quoted_end(query, at)
        end = position if closed is None or closed < position else closed
        written = re.sub(
            r'\\(["\\])', r"\1", written[1:].removesuffix('"') if end == position and closed else written[1:]
        )
    symbol = operator.group().removeprefix(":").removeprefix("=") or "="
    return Slot(kind=SlotKind.VALUE, start=at, end=end, prefix=written, field=field, operator=symbol)


def _nothing(position: int) -> Slot:
    return Slot(kind=SlotKind.NOTHING, start=position, end=position)


def _word_at(query: str, position: int) -> tuple[int, int]:
    """The word that contains or ends at the position; an empty one between words."""
    at = 0
    while at < len(query):
        while at < len(query) and (query[at].isspace() or query[at] in "()"):
            at += 1
        start = at
        at = _word_end(query, start, position)
        if position < start:
            return position, position
        if position <= at:
            return start, at
    return position, position


def _word_end(query: str, at: int, position: int) -> int:
    depth = 0
    while at < len(query) and not query[at].isspace():
        if query[at] == '"':
            closed = _quoted_end(query, at)
            if closed is None:
                # What follows an open quotation mark is not part of it yet: the mark is being written.
                return max(position, at)
            at = closed
            continue
        if query[at] == "(":
            depth += 1
        elif query[at] == ")":
            if depth == 0:
                break
            depth -= 1
        at += 1
    return at


def _quoted_end(query: str, at: int) -> int | None:
    """The position after the closing quotation mark; None if it is not closed."""
    at += 1
    while at < len(query):
        if query[at] == '"':
            return at + 1
        at += 2 if query[at] == "\\" and query[at + 1 : at + 2] in ('"', "\\") else 1
    return None
