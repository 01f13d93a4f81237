"""Run a query on the catalog: a page with its total, or a stream of everything found."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.assets import asset_columns, asset_from_row
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.assets import Asset, AssetPage
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.compile import CompiledQuery, Sql, compile_query
from mirrorlake.search.cursor import Cursor, after, read_search_cursor, sort_values, write_search_cursor
from mirrorlake.search.grammar import parse

TIMEOUT_S = 10  # beyond it a person has given up, and the database should, too
COUNT_TIMEOUT_S = 2  # a total is worth less waiting than the page it stands above
COUNT_LIMIT = 10_000  # totals are exact up to here; counting millions takes seconds
STREAM_ROWS = 1_000  # assets in memory at a time


def search(catalog: Catalog, query: str, *, limit: int, offset: int = 0, cursor: str | None = None) -> AssetPage:
    """A page of what a query finds: from `cursor` if given, else the range `[offset, offset + limit)`; and the total.

    Newest first if the query does not sort; equal ones by id, so pages never overlap. Raises QueryError,
    which points at a character, UsageError for a cursor of another query, and CatalogError if the search takes too
    long.
    """
    compiled = compile_query(parse(query))
    place = None if cursor is None else read_search_cursor(query, cursor, compiled)
    with _patient(), catalog.read() as connection:
        _limit_time(connection, TIMEOUT_S)
        values, where = sort_values(compiled), compiled.where
        if place is not None:
            follows, offset = after(compiled, place), 0
            where = Sql(f"({where.text}) AND ({follows.text})", (*where.params, *follows.params))
        rows = connection.execute(
            f"SELECT asset.id{values.text} FROM asset WHERE {where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - literals, values are bound
            " LIMIT %s OFFSET %s",
            (*values.params, *where.params, *compiled.order.params, limit, offset),
            prepare=False,  # a plan for these very values: how many assets have a tag differs a thousandfold
        ).fetchall()
        assets = _assets(connection, rows)
    if place is not None:
        offset, total, capped = place.seen, place.total, place.total_capped
    elif len(rows) < limit and (rows or not offset):
        total, capped = offset + len(rows), False
    else:
        total, capped = _count(catalog, compiled)
        total = max(total, offset + len(rows) if rows else 0)
    following = None
    if len(rows) == limit:
        last, *texts = rows[-1]
        found = Cursor(values=tuple(texts), asset_id=last, seen=offset + len(rows), total=total, total_capped=capped)
        following = write_search_cursor(query, found)
    return AssetPage(items=tuple(assets), offset=offset, total=total, total_capped=capped, next_cursor=following)


def stream(catalog: Catalog, query: str, limit: int | None = None) -> Iterator[Asset]:
    """Everything a query finds, or the first `limit`, in the order of `search`; memory stays constant.

    The query is read at once, so that QueryError is raised here and not at the first asset.
    """
    compiled = compile_query(parse(query))
    return _streamed(catalog, compiled, limit)


def _streamed(catalog: Catalog, compiled: CompiledQuery, limit: int | None) -> Iterator[Asset]:
    with _patient(), catalog.read() as connection:
        _limit_time(connection, TIMEOUT_S)
        with connection.cursor("search") as cursor:
            cursor.execute(
                _ids_in_order(compiled) + b" LIMIT %s", (*compiled.where.params, *compiled.order.params, limit)
            )
            while rows := cursor.fetchmany(STREAM_ROWS):
                yield from _assets(connection, rows)


def _ids_in_order(compiled: CompiledQuery) -> bytes:
    # Ids first, whole assets after: sorting and skipping then move few bytes.
    return f"SELECT asset.id FROM asset WHERE {compiled.where.text} ORDER BY {compiled.order.text}".encode()  # noqa: S608 - literals, values are bound


def _assets(connection: psycopg.Connection[TupleRow], ids: list[TupleRow]) -> list[Asset]:
    """The assets of rows of ids, in their order; one that was deleted a moment ago is left out."""
    wanted = [row[0] for row in ids]
    rows = connection.execute(asset_columns() + b" WHERE asset.id = ANY(%s)", (wanted,))
    found = {row[0]: asset_from_row(row) for row in rows}
    return [found[each] for each in wanted if each in found]


def _count(catalog: Catalog, compiled: CompiledQuery) -> tuple[int, bool]:
    """How many assets match, and whether there are more than that."""
    statement = f"SELECT count(*) FROM (SELECT FROM asset WHERE {compiled.where.text} LIMIT %s) AS found"  # noqa: S608 - literals, values are bound
    try:
        with catalog.read() as connection:
            _limit_time(connection, COUNT_TIMEOUT_S)
            row = connection.execute(
                statement.encode(), (*compiled.where.params, COUNT_LIMIT + 1), prepare=False
            ).fetchone()
    except psycopg.errors.QueryCanceled:
        return 0, True
    total = 0 if row is None else int(row[0])
    return min(total, COUNT_LIMIT), total > COUNT_LIMIT


def _limit_time(connection: psycopg.Connection[TupleRow], seconds: int) -> None:
    connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{seconds}s",))


@contextmanager
def _patient() -> Generator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"The search took longer than {TIMEOUT_S} seconds and was given up.",
            "Add a term that few assets match, such as a tag, an exact metadata value or a longer part of the name.",
        ) from error
