"""Run a query on the catalog: a page with its total, or a stream of all results."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.assets import asset_columns, asset_from_row
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.assets import Asset, Page
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.compile import CompiledQuery, compile_query
from mirrorlake.search.grammar import parse

TIMEOUT_S = 10  # longer than people wait for a page
COUNT_TIMEOUT_S = 2  # a total is worth less waiting than the page itself
COUNT_LIMIT = 10_000  # totals are exact up to here; counting millions takes seconds
STREAM_ROWS = 1_000  # assets in memory at a time


def search(catalog: Catalog, query: str, *, limit: int, offset: int) -> Page:
    """Return the results `[offset, offset + limit)` of a query with the total number of results.

    Newest first unless the query sorts; ties are ordered by id, so that pages never overlap. Raises QueryError,
    which points at a character, and CatalogError if the search takes too long.
    """
    compiled = compile_query(parse(query))
    with _patient(), catalog.read() as connection:
        _limit_time(connection, TIMEOUT_S)
        rows = connection.execute(
            _ids_in_order(compiled) + b" LIMIT %s OFFSET %s",
            (*compiled.where.params, *compiled.order.params, limit, offset),
            prepare=False,  # planned for these values: how many assets have a tag differs a thousandfold
        ).fetchall()
        assets = _assets(connection, rows)
    seen = offset + len(rows)
    if len(rows) < limit and (rows or not offset):
        return Page(assets=tuple(assets), total=seen, total_capped=False)
    total, capped = _count(catalog, compiled)
    return Page(assets=tuple(assets), total=max(total, seen if rows else 0), total_capped=capped)


def stream(catalog: Catalog, query: str, limit: int | None = None) -> Iterator[Asset]:
    """Return all results of a query, or the first `limit`, in the order of `search`. Memory use is constant.

    The query is parsed immediately, so that QueryError is raised here and not at the first asset.
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
    text = f"SELECT asset.id FROM asset WHERE {compiled.where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - literals, values are bound
    return replace_names(text).encode()


def _assets(connection: psycopg.Connection[TupleRow], ids: list[TupleRow]) -> list[Asset]:
    """Return the assets of rows of ids, in their order, without assets deleted in the meantime."""
    wanted = [row[0] for row in ids]
    rows = connection.execute(asset_columns() + b" WHERE asset.id = ANY(%s)", (wanted,))
    found = {row[0]: asset_from_row(row) for row in rows}
    return [found[each] for each in wanted if each in found]


def _count(catalog: Catalog, compiled: CompiledQuery) -> tuple[int, bool]:
    """Return how many assets match, and whether that number is capped."""
    statement = f"SELECT count(*) FROM (SELECT FROM asset WHERE {compiled.where.text} LIMIT %s) AS found"  # noqa: S608 - literals, values are bound
    try:
        with catalog.read() as connection:
            _limit_time(connection, COUNT_TIMEOUT_S)
            row = connection.execute(
                replace_names(statement).encode(), (*compiled.where.params, COUNT_LIMIT + 1), prepare=False
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
            f"The search took longer than {TIMEOUT_S} seconds and was stopped.",
            "Add a term that few assets match, such as a tag, an exact metadata value or a longer part of the name.",
        ) from error
