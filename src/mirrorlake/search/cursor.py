"""Where the next page of a search begins: the sort values and the id of the last asset of the page before. Pure.

A page that begins there repeats nothing and leaves nothing out of what stays where it is in the order, whatever a run
adds or removes meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString, cast

from mirrorlake.core.cursors import read_cursor, unusable_cursor, write_cursor
from mirrorlake.search.compile import CompiledQuery
from mirrorlake.search.order_sql import SortKey
from mirrorlake.search.sql import Param, Sql

BIGINT = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the result of one query."""

    values: tuple[str | None, ...]  # of the sort keys as PostgreSQL writes them; None: unknown
    asset_id: int
    seen: int  # assets on the pages before
    total: int  # as the first page counted
    total_capped: bool


def write_search_cursor(query: str, cursor: Cursor) -> str:
    """The text of a cursor. It belongs to this query alone."""
    place = [*cursor.values, cursor.asset_id, cursor.seen, cursor.total, cursor.total_capped]
    return write_cursor(_kind(query), place)


def read_search_cursor(query: str, text: str, compiled: CompiledQuery) -> Cursor:
    """The cursor that `write_search_cursor` wrote for this query. Raises UsageError."""
    place = cast("list[object]", read_cursor(text, _kind(query), list))
    if len(place) != len(compiled.keys) + 4:
        raise unusable_cursor()
    *values, asset_id, seen, total, capped = place
    texts = tuple(value if isinstance(value, str) and "\0" not in value else None for value in values)
    if any(text is None and not key.nullable for text, key in zip(texts, compiled.keys, strict=True)):
        raise unusable_cursor()
    match asset_id, seen, total, capped:
        case int(asset_id), int(seen), int(total), bool(capped) if (
            min(asset_id, seen, total) >= 0 and asset_id < BIGINT
        ):
            return Cursor(values=texts, asset_id=asset_id, seen=seen, total=total, total_capped=capped)
        case _:
            raise unusable_cursor()


def write_ranked_cursor(query: str, last: tuple[int, float]) -> str:
    """The cursor after an asset of a ranked result, of its id and its similarity."""
    number, alike = last
    return write_cursor(_kind(query), [alike, number])


def read_ranked_cursor(query: str, text: str) -> tuple[float, int]:
    """The similarity and the id that `write_ranked_cursor` was given. Raises UsageError."""
    match cast("list[object]", read_cursor(text, _kind(query), list)):
        case [int(alike) | float(alike), int(number)]:
            return float(alike), number
        case _:
            raise unusable_cursor()


def sort_values(keys: Iterable[SortKey]) -> Sql:
    """What to select beside the id, so that the last row gives the values of a cursor."""
    texts: list[LiteralString] = []
    params: list[Param] = []
    for key in keys:
        texts.append(f", ({key.sql.text})::text")
        params += key.sql.params
    return Sql("".join(texts), tuple(params))


def after(compiled: CompiledQuery, cursor: Cursor) -> Sql:
    """The condition for what comes after the cursor in the order of the query."""
    terms: list[LiteralString] = []
    params: list[Param] = []
    equal: list[LiteralString] = []
    equals: list[Param] = []
    for key, value in zip(compiled.keys, cursor.values, strict=True):
        if value is not None:  # after an unknown value come only unknown ones
            comes: LiteralString = "<" if key.descending else ">"
            text = f"({key.sql.text} {comes} %s::{key.type} OR ({key.sql.text}) IS NULL)"
            terms.append(_all([*equal, text]))
            params += [*equals, *key.sql.params, value, *key.sql.params]
        equal.append(f"({key.sql.text}) IS NOT DISTINCT FROM %s::{key.type}")
        equals += [*key.sql.params, *_bound(value)]
    last: LiteralString = "asset.id < %s" if compiled.id_descending else "asset.id > %s"
    terms.append(_all([*equal, last]))
    return Sql(" OR ".join(terms), (*params, *equals, cursor.asset_id))


def _bound(value: str | None) -> Sequence[Param]:
    return (cast("Param", value),)  # None is bound as NULL


def _all(texts: list[LiteralString]) -> LiteralString:
    return "(" + " AND ".join(texts) + ")"


def _kind(query: str) -> str:
    return hashlib.blake2b(query.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
