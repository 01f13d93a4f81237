"""The pieces of a result that an index can read in order, one after the other. Pure.

An order by one value has two: assets with the value, then assets without it. PostgreSQL writes unknown values last in
one direction only, so one statement for both would have to sort them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import LiteralString

from mirrorlake.search.compile import CompiledQuery
from mirrorlake.search.cursor import Cursor, after
from mirrorlake.search.order_sql import SortKey
from mirrorlake.search.sql import Param, Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the result, in the order of the query, and what follows a cursor in it."""

    condition: Sql
    keys: tuple[SortKey, ...]  # what it is ordered by, the id apart
    id_descending: bool
    after_id: int | None = None  # nothing in it comes before this id in its order

    @property
    def order(self) -> Sql:
        """For ORDER BY."""
        texts: list[LiteralString] = [key.sql.text + _direction(key) for key in self.keys]
        texts.append("asset.id DESC" if self.id_descending else "asset.id")
        return Sql(", ".join(texts), tuple(param for key in self.keys for param in key.sql.params))

    @property
    def gathered_order(self) -> LiteralString:
        """For ORDER BY over `found`, with the id and the values `key_1`, `key_2`, ... that were gathered before."""
        # A column without its table would be the text that is selected under the same name.
        texts: list[LiteralString] = ["found." + _ALIASES[at] + _direction(key) for at, key in enumerate(self.keys)]
        return ", ".join([*texts, "found.id DESC" if self.id_descending else "found.id"])


_ALIASES: tuple[LiteralString, ...] = ("key_1", "key_2", "key_3", "key_4", "key_5", "key_6", "key_7", "key_8")
MOST_KEYS = len(_ALIASES)
_ALWAYS = Sql("TRUE")


def gathered_values(segment: Segment) -> Sql:
    """The sort values of a segment as columns with the names that `gathered_order` uses."""
    texts: list[LiteralString] = [f", ({key.sql.text}) AS {_ALIASES[place]}" for place, key in enumerate(segment.keys)]
    return Sql("".join(texts), tuple(param for key in segment.keys for param in key.sql.params))


def gathered_texts(segment: Segment) -> LiteralString:
    """The same columns as text, for a cursor."""
    texts: list[LiteralString] = [f", {_ALIASES[place]}::text" for place, _ in enumerate(segment.keys)]
    return "".join(texts)


def segments(compiled: CompiledQuery, place: Cursor | None) -> tuple[Segment, ...]:
    """The segments of a result, without those before the cursor."""
    keys, descending = compiled.keys, compiled.id_descending
    if len(keys) == 1 and keys[0].nullable:
        return _known_and_unknown(keys[0], place, descending=descending)
    if place is None:
        condition = _ALWAYS
    elif all(not key.nullable and key.descending == descending for key in keys):
        condition = _beyond(keys, place, descending=descending)
    else:
        follows = after(compiled, place)
        condition = Sql(f"({follows.text})", follows.params)
    after_id = None if place is None or keys else place.asset_id
    return (Segment(condition=condition, keys=keys, id_descending=descending, after_id=after_id),)


def _known_and_unknown(key: SortKey, place: Cursor | None, *, descending: bool) -> tuple[Segment, ...]:
    value, known = replace(key, nullable=False), key.known
    unknown = Sql(f"({key.sql.text}) IS NULL", key.sql.params)
    last = Segment(condition=unknown, keys=(), id_descending=descending)
    if place is None:
        return (Segment(condition=known, keys=(value,), id_descending=descending), last)
    if place.values[0] is None:
        return (
            Segment(
                condition=_and(unknown, _beyond((), place, descending=descending)),
                keys=(),
                id_descending=descending,
                after_id=place.asset_id,
            ),
        )
    beyond = _beyond((value,), place, descending=descending)
    return (Segment(condition=_and(known, beyond), keys=(value,), id_descending=descending), last)


def _beyond(keys: tuple[SortKey, ...], place: Cursor, *, descending: bool) -> Sql:
    """One comparison of rows, which an index can begin at."""
    values: list[LiteralString] = [f"({key.sql.text})" for key in keys]
    bound: list[LiteralString] = [f"%s::{key.type}" for key in keys]
    sign: LiteralString = "<" if descending else ">"
    text = "(" + ", ".join([*values, "asset.id"]) + ") " + sign + " (" + ", ".join([*bound, "%s::bigint"]) + ")"
    known: list[Param] = [value for value in place.values[: len(keys)] if value is not None]
    return Sql(text, (*(param for key in keys for param in key.sql.params), *known, place.asset_id))


def _and(*parts: Sql) -> Sql:
    return Sql(" AND ".join([part.text for part in parts]), tuple(param for part in parts for param in part.params))


def _direction(key: SortKey) -> LiteralString:
    direction: LiteralString = " DESC" if key.descending else ""
    return direction + (" NULLS LAST" if key.nullable else "")
