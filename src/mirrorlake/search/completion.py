"""Complete a query at a position: fields, keys, operators and values of the library, with their counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import field_counts
from mirrorlake.catalog.suggestions import (
    NAMED_FIELDS,
    FoundField,
    FoundValue,
    fields_like,
    names_like,
    values_like,
)
from mirrorlake.core.errors import UsageError
from mirrorlake.model.assets import AssetState
from mirrorlake.model.completions import Completions, Suggestion, SuggestionKind
from mirrorlake.model.fields import ValueType
from mirrorlake.model.splits import Split
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.search.completion_slots import Slot, SlotKind, find_slot
from mirrorlake.search.fields import FIELDS, FORMATS
from mirrorlake.search.grammar import MAX_LENGTH
from mirrorlake.search.likeness import LIKENESS_FIELDS
from mirrorlake.search.nodes import SortColumn, Text
from mirrorlake.search.printer import quote
from mirrorlake.search.scanner import Value
from mirrorlake.search.splits import NONE
from mirrorlake.search.values import read_literal

MOST = 20  # suggestions in one answer
MOST_OF_A_KIND = 8  # among keys, tags and fields that a plain word may become
TIMEOUT_S = 1
_STATIC = {
    "state": (*AssetState, "any"), "has": ("annotations", "text", "metadata.", "facts."), "format": tuple(FORMATS),
    "split": (*Split, NONE),
}  # fmt: skip
_LISTED = {"kind": "kind", "type": "type", "tag": "tag"}  # fields of the language with those of `field_counts`
_SPACES = ("metadata", "facts")
_KEYWORDS = ("AND", "OR", "NOT")
_OPERATORS = {
    ValueType.NUMBER: (":", ">", ">=", "<", "<=", "!="), ValueType.DATE: (":", ">", ">=", "<", "<=", "!="),
    ValueType.STRING: (":", "!="), ValueType.BOOLEAN: (":", "!="),
}  # fmt: skip
_OF_TYPES = {"t": ValueType.STRING, "n": ValueType.NUMBER, "b": ValueType.BOOLEAN}
_UNPLAIN = frozenset(' "()*\\')  # characters of a value that must be quoted


def complete(catalog: Catalog, query: str, position: int | None = None) -> Completions:
    """What can be written at a position of a query (None: its end), the likeliest first.

    Suggestions that are taken replace the characters from `start` to `end`. Raises UsageError for a position outside
    of the query.
    """
    at = len(query) if position is None else position
    if not 0 <= at <= len(query):
        raise UsageError(f"The position {at} is outside of the query.", f"Use a number from 0 to {len(query)}.")
    if len(query) > MAX_LENGTH:
        raise UsageError(f"The query is longer than {MAX_LENGTH:,} characters.", "Shorten it.")
    slot = find_slot(query, at)
    if slot.kind is SlotKind.NOTHING or not _storable(slot.prefix):
        return Completions(start=at, end=at, suggestions=(), complete=True, pending=0)
    pending = field_counts.fold_few(catalog)
    try:
        with catalog.read() as connection:
            limit_time(connection, TIMEOUT_S)
            found, complete_ = _suggestions(connection, slot)
    except psycopg.errors.QueryCanceled:
        found, complete_ = [], False  # nobody waits longer for a word
    return Completions(
        start=slot.start,
        end=slot.end,
        suggestions=tuple(found[:MOST]),
        complete=complete_ and len(found) <= MOST,
        pending=pending,
    )


def write_value(value: str, kind: str = "t") -> str:
    """A value as a query contains it, quoted where it would mean something else."""
    if kind != "t":
        return value
    plain = value and not value.startswith(("<", ">", "=", "!")) and ".." not in value and _UNPLAIN.isdisjoint(value)
    if not plain or any(ch.isspace() for ch in value) or type(read_literal(Value(value, 0, quoted=False))) is not Text:
        return value if _is_date(value) else quote(value)
    return value


def _is_date(value: str) -> bool:
    literal = read_literal(Value(value, 0, quoted=False))
    return type(literal).__name__ == "Span" and not any(ch.isspace() for ch in value)


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= ch <= "\udfff" for ch in text)


def _suggestions(connection: psycopg.Connection[TupleRow], slot: Slot) -> tuple[list[Suggestion], bool]:
    match slot.kind:
        case SlotKind.KEY:
            return _keys(connection, slot), True
        case SlotKind.VALUE:
            return _values(connection, slot)
        case _:
            return list(_words(connection, slot)), True


def _words(connection: psycopg.Connection[TupleRow], slot: Slot) -> Iterator[Suggestion]:
    """What a plain word may become: a field, a keyword, a key or a tag that contains it."""
    word = slot.prefix.casefold()
    colon = "" if slot.follows else ":"
    names = [*FIELDS, *LIKENESS_FIELDS, "sort"]
    for name in sorted(names, key=lambda one: (not one.startswith(word), names.index(one))):
        if name.startswith(word) or (len(word) > 1 and word in name):
            yield Suggestion(text=f"{name}{colon}", label=name, kind=SuggestionKind.FIELD)
    for space in _SPACES:
        if space.startswith(word):
            yield Suggestion(text=f"{space}.", label=space, kind=SuggestionKind.FIELD)
    if slot.prefix and slot.prefix.isupper():
        for keyword in _KEYWORDS:
            if keyword.startswith(slot.prefix):
                yield Suggestion(text=keyword, label=keyword, kind=SuggestionKind.KEYWORD)
    if not word or slot.follows:
        return
    for space in _SPACES:
        for key in fields_like(connection, f"{space}.", slot.prefix, MOST_OF_A_KIND):
            yield _key_suggestion(space, key)
    for value in values_like(connection, "tag", slot.prefix, MOST_OF_A_KIND)[0]:
        yield Suggestion(
            text=f"tag:{write_value(value.value)}", label=value.value, kind=SuggestionKind.TAG, assets=value.assets
        )


def _keys(connection: psycopg.Connection[TupleRow], slot: Slot) -> list[Suggestion]:
    keys = fields_like(connection, f"{slot.field}.", slot.prefix, MOST + 1)
    found = [_key_suggestion(slot.field, key) for key in keys]
    exact = next((key for key in keys if key.name == slot.prefix), None)
    if exact is None or slot.follows:
        return found
    written = f"{slot.field}.{exact.name}"
    operators = [
        Suggestion(text=written + operator, label=operator, kind=SuggestionKind.OPERATOR)
        for operator in _OPERATORS[_type(exact)]
    ]
    return [*operators, *(one for one in found if one.label != exact.name)]


def _key_suggestion(space: str, key: FoundField) -> Suggestion:
    kind = SuggestionKind.KEY if space == "metadata" else SuggestionKind.FACT
    return Suggestion(text=f"{space}.{key.name}", label=key.name, kind=kind, assets=key.assets, type=_type(key))


def _type(key: FoundField) -> ValueType:
    """The type of most values."""
    strings = key.assets - key.numbers - key.booleans - key.dates
    counts = [
        (strings, ValueType.STRING), (key.numbers, ValueType.NUMBER), (key.booleans, ValueType.BOOLEAN),
        (key.dates, ValueType.DATE),
    ]  # fmt: skip
    return max(counts, key=lambda one: one[0])[1]


def _values(connection: psycopg.Connection[TupleRow], slot: Slot) -> tuple[list[Suggestion], bool]:
    field = slot.field
    if field.partition(".")[0] in _SPACES or field in _LISTED:
        # Only numbers and texts have an order.
        types = "tnb" if slot.operator in ("=", "!=") else "tn"
        values, complete_ = values_like(connection, _LISTED.get(field, field), slot.prefix, MOST + 1, types)
        return [_value_suggestion(field, value) for value in values], complete_
    if field in NAMED_FIELDS:
        names = names_like(connection, field, slot.prefix, MOST + 1)
        return [_value_suggestion(field, name) for name in names], True
    if field == "sort":
        return list(_sorts(connection, slot)), True
    if field == "has" and (keys := _keys_within(connection, slot.prefix)) is not None:
        return keys, True
    return [_static(field, text) for text in _starting(_STATIC.get(field, ()), slot.prefix)], True


def _value_suggestion(field: str, value: FoundValue) -> Suggestion:
    kind = SuggestionKind.TAG if field == "tag" else SuggestionKind.VALUE
    # Stars in tags and names are wildcards, and nothing else is interpreted in them.
    return Suggestion(
        text=write_value(value.value, value.type),
        label=value.value,
        kind=kind,
        assets=value.assets,
        type=_OF_TYPES.get(value.type),
    )


def _sorts(connection: psycopg.Connection[TupleRow], slot: Slot) -> Iterator[Suggestion]:
    minus = "-" if slot.prefix.startswith("-") else ""
    column, colon, direction = slot.prefix.removeprefix("-").partition(":")
    if colon:
        for text in _starting(("asc", "desc"), direction):
            yield _static("sort", f"{minus}{column}:{text}")
        return
    keys = _keys_within(connection, column)
    if keys is not None:
        yield from (replace(key, text=minus + key.text) for key in keys)
        return
    for text in _starting((*SortColumn, "metadata.", "facts."), column):
        yield _static("sort", minus + text)


def _keys_within(connection: psycopg.Connection[TupleRow], text: str) -> list[Suggestion] | None:
    """The keys of which `metadata.` or `facts.` and a part are written; None for any other text."""
    space, dot, part = text.partition(".")
    if not dot or space.lower() not in _SPACES:
        return None
    found = fields_like(connection, f"{space.lower()}.", part, MOST + 1)
    return [_key_suggestion(space.lower(), key) for key in found]


def _starting(texts: Iterable[str], prefix: str) -> list[str]:
    return [str(text) for text in texts if str(text).startswith(prefix.lower())]


def _static(field: str, text: str) -> Suggestion:
    kind = SuggestionKind.SORT if field == "sort" else SuggestionKind.VALUE
    return Suggestion(text=text, label=text, kind=kind)
