"""Run a query on the catalog: a page with its total, or a stream of all results."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import library_count
from mirrorlake.catalog.assets import asset_columns, asset_from_row
from mirrorlake.catalog.known_names import known_names
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.assets import Asset, AssetPage
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.search.compile import CompiledQuery, Param, Sql, compile_query
from mirrorlake.search.cursor import Cursor, after, read_search_cursor, sort_values, write_search_cursor
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import Everything, Query
from mirrorlake.search.notes import explain_nothing

TIMEOUT_S = 10  # longer than people wait for a page
COUNT_TIMEOUT_S = 2  # a total is worth less waiting than the page itself
COUNT_LIMIT = 10_000  # totals are exact up to here, and beyond where the planner expects counting to be quick
COUNT_COST = 150_000  # of the planner, about the number of blocks that are read: half a second
STREAM_ROWS = 1_000  # assets in memory at a time


def search(catalog: Catalog, query: str, *, limit: int, offset: int = 0, cursor: str | None = None) -> AssetPage:
    """A page of what a query finds: from `cursor` if given, else the range `[offset, offset + limit)`; and the total.

    Newest first if the query does not sort; equal ones by id, so pages never overlap. Raises QueryError,
    which points at a character, UsageError for a cursor of another query, and CatalogError if the search takes too
    long.
    """
    parsed = parse(query)
    compiled = compile_query(parsed)
    place = None if cursor is None else read_search_cursor(query, cursor, compiled)
    with _explain_timeout(), catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        values, where = sort_values(compiled), compiled.where
        if place is not None:
            follows, offset = after(compiled, place), 0
            where = Sql(f"({where.text}) AND ({follows.text})", (*where.params, *follows.params))
        text = f"SELECT asset.id{values.text} FROM asset WHERE {where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - literals, values are bound
        rows = connection.execute(
            replace_names(text).encode() + b" LIMIT %s OFFSET %s",
            (*values.params, *where.params, *compiled.order.params, limit, offset),
            prepare=False,  # planned for these values: how many assets have a tag differs a thousandfold
        ).fetchall()
        assets = _read_assets(connection, rows)
    if place is not None:
        offset, total, capped = place.seen, place.total, place.total_capped
    elif len(rows) < limit and (rows or not offset):
        total, capped = offset + len(rows), False
    else:
        total, capped = _total(catalog, parsed, compiled, exact=not offset)
        total = max(total, offset + len(rows) if rows else 0)
    following = None
    if rows and len(rows) == limit:
        last, *texts = rows[-1]
        found = Cursor(values=tuple(texts), asset_id=last, seen=offset + len(rows), total=total, total_capped=capped)
        following = write_search_cursor(query, found)
    notes = () if total or capped or place is not None else _explain_nothing(catalog, parsed)
    return AssetPage(
        items=tuple(assets), offset=offset, total=total, total_capped=capped, next_cursor=following, notes=notes
    )


def stream(catalog: Catalog, query: str, limit: int | None = None) -> Iterator[Asset]:
    """Return all results of a query, or the first `limit`, in the order of `search`. Memory use is constant.

    The query is parsed immediately, so that QueryError is raised here and not at the first asset.
    """
    compiled = compile_query(parse(query))
    return _stream_assets(catalog, compiled, limit)


def select_ids(query: str) -> tuple[bytes, tuple[Param, ...]]:
    """A SELECT of the ids of all assets that match, with its values, for a larger statement. Raises QueryError."""
    compiled = compile_query(parse(query))
    text = f"SELECT asset.id FROM asset WHERE {compiled.where.text}"  # noqa: S608 - literals, values are bound
    return replace_names(text).encode(), compiled.where.params


def _stream_assets(catalog: Catalog, compiled: CompiledQuery, limit: int | None) -> Iterator[Asset]:
    with _explain_timeout(), catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        with connection.cursor("search") as cursor:
            cursor.execute(
                _ids_in_order(compiled) + b" LIMIT %s", (*compiled.where.params, *compiled.order.params, limit)
            )
            while rows := cursor.fetchmany(STREAM_ROWS):
                yield from _read_assets(connection, rows)


def _ids_in_order(compiled: CompiledQuery) -> bytes:
    # Ids first, whole assets after: sorting and skipping then move few bytes.
    text = f"SELECT asset.id FROM asset WHERE {compiled.where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - literals, values are bound
    return replace_names(text).encode()


def _read_assets(connection: psycopg.Connection[TupleRow], ids: list[TupleRow]) -> list[Asset]:
    """Return the assets of rows of ids, in their order, without assets deleted in the meantime."""
    wanted = [row[0] for row in ids]
    rows = connection.execute(asset_columns() + b" WHERE asset.id = ANY(%s)", (wanted,))
    found = {row[0]: asset_from_row(row) for row in rows}
    return [found[each] for each in wanted if each in found]


def _total(catalog: Catalog, query: Query, compiled: CompiledQuery, *, exact: bool) -> tuple[int, bool]:
    """How many assets match, and whether that number is only a lower bound. That of the whole library is kept."""
    if isinstance(query.where, Everything):
        with catalog.read() as connection:
            whole = library_count.outside_trash(connection)
        if whole is not None:
            return whole, False
    return _count_matches(catalog, compiled, exact=exact)


def _count_matches(catalog: Catalog, compiled: CompiledQuery, *, exact: bool) -> tuple[int, bool]:
    """How many assets match, and whether that number is only a lower bound; `exact` asks for all if that is quick."""
    condition, params = compiled.where.text, compiled.where.params
    first: LiteralString = f"SELECT count(*) FROM (SELECT FROM asset WHERE {condition} LIMIT %s) AS found"  # noqa: S608 - literals, values are bound
    every: LiteralString = f"SELECT count(*) FROM asset WHERE {condition}"  # noqa: S608 - as above
    total = _count(catalog, first, (*params, COUNT_LIMIT + 1))
    if total is None:
        return 0, True
    if total <= COUNT_LIMIT:
        return total, False
    if exact and (counted := _count(catalog, every, params, most=COUNT_COST)) is not None:
        return counted, False
    return COUNT_LIMIT, True


def _count(
    catalog: Catalog, text: LiteralString, params: tuple[Param, ...], *, most: float | None = None
) -> int | None:
    """The count of a statement; None if it took too long, or if the planner expects it to cost more than `most`."""
    statement = replace_names(text).encode()
    try:
        with catalog.read() as connection:
            limit_time(connection, COUNT_TIMEOUT_S)
            if most is not None:
                plan = connection.execute(b"EXPLAIN (FORMAT JSON) " + statement, params, prepare=False).fetchone()
                if plan is None or plan[0][0]["Plan"]["Total Cost"] > most:
                    return None
            row = connection.execute(statement, params, prepare=False).fetchone()
    except psycopg.errors.QueryCanceled:
        return None
    return 0 if row is None else int(row[0])


def _explain_nothing(catalog: Catalog, query: Query) -> tuple[str, ...]:
    """Notes on a query without results; none if looking the names up takes too long."""
    try:
        return explain_nothing(query, partial(known_names, catalog))
    except psycopg.errors.QueryCanceled:
        return ()


@contextmanager
def _explain_timeout() -> Generator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"The search took longer than {TIMEOUT_S} seconds and was stopped.",
            "Add a term that few assets match, such as a tag, an exact metadata value or a longer part of the name.",
        ) from error
