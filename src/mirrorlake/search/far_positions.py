"""Positions far from both ends of the whole library, in an order that an index has.

Reading up to a position is slow: a second for five million entries. Kept counts know how many assets come before some
values of an order (`search.kept_ranks`): from the last of these, few are left to pass. Elsewhere, a value that is
probably near the position is taken from PostgreSQL's statistics, and what comes before it is counted: PostgreSQL counts
in parallel and reads no asset. The position is exact, whatever the statistics are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import library_count
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.catalog.statements import statement
from mirrorlake.model.search_indexes import IndexedValue
from mirrorlake.search.index_needs import of_sort
from mirrorlake.search.kept_ranks import last_before
from mirrorlake.search.nodes import SortColumn
from mirrorlake.search.order_sql import SortKey
from mirrorlake.search.sql import Param

READ = 200_000  # entries of an index: about 30 ms
MOST_TRASH = 1_000  # assets that are left out one by one


def far_page(
    connection: psycopg.Connection[TupleRow],
    key: SortKey,
    indexed: Collection[IndexedValue],
    *,
    limit: int,
    offset: int,
) -> list[TupleRow] | None:
    """The ids at positions `[offset, offset + limit)` of the library, each with its sort value as text.

    None if the order has no index, or not all assets have the value, or the trash is large.
    """
    needed = of_sort(key.by)
    if key.nullable or not (needed is None or needed in indexed):
        return None
    trash = [row[0] for row in connection.execute(statement("some_trash").query, {"most": MOST_TRASH + 1})]
    total = library_count.outside_trash(connection)
    if total is None or len(trash) > MOST_TRASH:
        return None
    first, end = (total - offset - limit, total - offset) if key.descending else (offset, min(total, offset + limit))
    first = max(0, first)
    if first >= end:
        return []
    rows = _Reader(connection, key, trash).between(first, end, total)
    return rows[::-1] if key.descending else rows


class _Reader:
    """One order, from the lowest value to the highest."""

    def __init__(self, connection: psycopg.Connection[TupleRow], key: SortKey, trash: list[int]) -> None:
        self._connection = connection
        self._key = key
        self._trash = "{" + ",".join(map(str, trash)) + "}" if trash else None

    def between(self, first: int, end: int, total: int) -> list[TupleRow]:
        """The rows at positions `[first, end)`."""
        if first <= READ:
            return self._read(None, first, end - first, backwards=False)
        if total - end <= READ:
            return self._read(None, total - end, end - first, backwards=True)[::-1]
        kept = (
            last_before(self._connection, self._key.by, first, total) if isinstance(self._key.by, SortColumn) else None
        )
        if kept is not None and first - kept.before <= READ:
            return self._read(kept.value, first - kept.before, end - first, backwards=False)
        value = self._value_near(first / total)
        before = 0 if value is None else self._count_before(value)
        if before <= first:
            return self._read(value, first - before, end - first, backwards=False)
        skipped = max(0, before - end)
        back = self._read(value, skipped, before - first - skipped, backwards=True)[::-1]
        return back + (self._read(value, 0, end - before, backwards=False) if end > before else [])

    def _read(self, value: str | None, skipped: int, most: int, *, backwards: bool) -> list[TupleRow]:
        """Rows from a value on, or those before it from the last one on."""
        by, params = self._key.sql.text, list[Param](self._key.sql.params)
        conditions: list[LiteralString] = []
        if value is not None:
            comes: LiteralString = "<" if backwards else ">="
            conditions.append(f"{by} {comes} %s::{self._key.type}")
            params += [*self._key.sql.params, value]
        if self._trash is not None:
            conditions.append("NOT (asset.id = ANY(%s::bigint[]))")
            params.append(self._trash)
        where: LiteralString = " AND ".join(conditions) if conditions else "TRUE"
        direction: LiteralString = " DESC" if backwards else ""
        text: LiteralString = (
            f"SELECT asset.id, ({by})::text FROM asset WHERE {where}"  # noqa: S608 - literals, values are bound
            f" ORDER BY {by}{direction}, asset.id{direction} LIMIT %s OFFSET %s"
        )
        return self._rows(text, (*params, *self._key.sql.params, most, skipped))

    def _value_near(self, fraction: float) -> str | None:
        row = self._connection.execute(statement("spread_of_values").query, {"column": str(self._key.by)}).fetchone()
        if row is None or not row[0]:
            return None
        values: list[str] = row[0]
        return values[min(len(values) - 1, int(fraction * (len(values) - 1)))]

    def _count_before(self, value: str) -> int:
        before: LiteralString = f"{self._key.sql.text} < %s::{self._key.type}"
        params = (*self._key.sql.params, value)
        every = self._rows(f"SELECT count(*) FROM asset WHERE {before}", params)[0][0]  # noqa: S608 - as above
        if self._trash is None:
            return every
        text: LiteralString = f"SELECT count(*) FROM asset WHERE state = {{asset.trash}} AND {before}"  # noqa: S608 - as above
        return every - self._rows(text, params)[0][0]

    def _rows(self, text: LiteralString, params: tuple[Param, ...]) -> list[TupleRow]:
        return self._connection.execute(replace_names(text).encode(), params, prepare=False).fetchall()
