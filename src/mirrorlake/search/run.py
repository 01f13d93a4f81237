"""Run a query on the catalog: a page with its total, or a stream of all results."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import library_count, search_indexes
from mirrorlake.catalog.assets import asset_columns, asset_from_row
from mirrorlake.catalog.embeddings import answering_model
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.core.cursors import unusable_cursor
from mirrorlake.core.errors import CatalogError, UsageError
from mirrorlake.model.assets import Asset, AssetPage
from mirrorlake.model.likeness import StoredModel
from mirrorlake.model.search_indexes import IndexedValue
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.search import known_values
from mirrorlake.search.compile import CompiledQuery, compile_query
from mirrorlake.search.count import count_matches
from mirrorlake.search.cursor import (
    Cursor,
    read_ranked_cursor,
    read_search_cursor,
    sort_values,
    write_ranked_cursor,
    write_search_cursor,
)
from mirrorlake.search.effort import Patience
from mirrorlake.search.far_positions import far_page
from mirrorlake.search.find import Finder
from mirrorlake.search.grammar import parse
from mirrorlake.search.index_needs import needed_by_node, needed_indexes
from mirrorlake.search.likeness import MOST_ALIKE
from mirrorlake.search.nodes import Everything, LikeText, MetadataColumn, Query, SortColumn
from mirrorlake.search.page_notes import explain_stop, page_notes
from mirrorlake.search.positions import find_position
from mirrorlake.search.sql import Sql

if TYPE_CHECKING:
    from mirrorlake.search.alike import QueryVector  # loads numpy

TIMEOUT_S = 10  # longer than people wait for a page
SLOW_S = 0.2  # a page that takes longer counts towards an index
NEAR = 2_000  # positions up to here are found like the first page
STREAM_ROWS = 1_000  # assets in memory at a time
TextVectors = Callable[[str, str], Sequence[float]]  # the vector of a text, like the stored ones with the name


def search(
    catalog: Catalog,
    query: str,
    *,
    limit: int,
    offset: int = 0,
    cursor: str | None = None,
    patience_s: float | None = None,
    texts: TextVectors | None = None,
) -> AssetPage:
    """A page of what a query finds: from `cursor` if given, else the range `[offset, offset + limit)`; and the total.

    Newest first if the query does not sort; equal ones by id, so pages never overlap. With `patience_s`, a search that
    would have to read all assets of a large library reads the newest ones for about this time, and the page reports
    that. Raises QueryError, which points at a character, UsageError for a cursor of another query, and CatalogError if
    the search takes too long.
    """
    parsed = parse(query)
    if parsed.likeness is not None:
        return _search_likeness(catalog, query, parsed, limit=limit, offset=offset, cursor=cursor, texts=texts)
    compiled = compile_query(parsed)
    place = None if cursor is None else read_search_cursor(query, cursor, compiled)
    patience = None if patience_s is None else Patience(patience_s)
    with (
        explain_timeout(),
        _explain_cursor(place),
        _record_slow(catalog, needed_indexes(parsed), patience),
        # The counts that narrow the search belong to the rows that it reads.
        catalog.read(one_snapshot=True) as connection,
    ):
        limit_time(connection, TIMEOUT_S)
        before, rows = _page_rows(connection, parsed, compiled, place, patience, limit=limit, offset=offset)
        assets = read_assets(connection, rows)
    stopped = patience if patience is not None and patience.searched is not None else None
    if place is not None:
        offset = before = place.seen
        total, capped = place.total, place.total_capped
        total = max(total, before + len(rows)) if capped else total
        notes = ()
    else:
        if stopped is not None:
            total, capped = before + len(rows), True
        else:
            total, capped = _total(catalog, parsed, compiled, len(rows), limit=limit, offset=offset)
        notes = page_notes(catalog, parsed, found_some=bool(total or capped))
    following = _following_place(compiled, rows, stopped, limit)
    return AssetPage(
        items=tuple(assets),
        offset=offset,
        total=total,
        total_capped=capped,
        next_cursor=_cursor_after(query, following, before + len(rows), total, capped=capped),
        notes=notes if stopped is None else (*notes, explain_stop(stopped, parsed)),
        searched=None if stopped is None else stopped.searched,
    )


def _page_rows(
    connection: psycopg.Connection[TupleRow],
    parsed: Query,
    compiled: CompiledQuery,
    place: Cursor | None,
    patience: Patience | None,
    *,
    limit: int,
    offset: int,
) -> tuple[int, list[TupleRow]]:
    """How many rows were passed over, and the rows after the place, or from the offset."""
    if place is None and offset > NEAR:
        return offset, _far_rows(connection, parsed, compiled, limit=limit, offset=offset)
    first = 0 if place is not None else offset
    finder = finder_of(connection, parsed, compiled, place, patience)
    found = finder.first_rows(first + limit) if limit else []
    return min(first, len(found)), found[first:]


def _following_place(
    compiled: CompiledQuery, rows: Sequence[TupleRow], stopped: Patience | None, limit: int
) -> TupleRow | None:
    """The row after which the next page begins; None for the last page."""
    if stopped is None:
        return rows[-1] if rows and len(rows) == limit else None
    if stopped.reached is None:
        return None  # a search that stopped goes on in the order of ids alone
    return (stopped.reached, *[str(stopped.reached)] * len(compiled.keys))


def _cursor_after(query: str, last: TupleRow | None, seen: int, total: int, *, capped: bool) -> str | None:
    if last is None:
        return None
    number, *texts = last
    place = Cursor(values=tuple(texts), asset_id=number, seen=seen, total=total, total_capped=capped)
    return write_search_cursor(query, place)


def _search_likeness(
    catalog: Catalog,
    query: str,
    parsed: Query,
    *,
    limit: int,
    offset: int,
    cursor: str | None,
    texts: TextVectors | None,
) -> AssetPage:
    """A page of a query with a likeness. A text is embedded while no connection is held."""
    wanted: QueryVector | None = None
    if isinstance(parsed.likeness, LikeText):
        from mirrorlake.search.alike import QueryVector  # noqa: PLC0415  loads numpy

        with catalog.read() as connection:
            model = answering_model(connection)
        if model is not None:
            vector = (texts or _text_vector)(model.name, parsed.likeness.text)
            wanted = QueryVector(model.name, vector, model.text_cutoff)
    return _search_alike(catalog, query, parsed, limit=limit, offset=offset, cursor=cursor, wanted=wanted)


def _text_vector(vectors: str, text: str) -> Sequence[float]:
    """As a service embeds texts, for models that need no process for it."""
    from mirrorlake.embedding.registry import model_of_vectors, open_texts  # noqa: PLC0415  loads numpy

    return open_texts(model_of_vectors(vectors)).embed_texts([text])[0].tolist()


def search_by_picture(
    catalog: Catalog,
    query: str,
    mark: str,
    embed: Callable[[StoredModel], QueryVector],
    *,
    limit: int,
    offset: int = 0,
    cursor: str | None = None,
) -> AssetPage:
    """As `search`, ranked by the similarity to a picture that is no asset: `mark` differs for other pictures.

    It is embedded while no connection is held. Raises UsageError for a query with an order of its own, too.
    """
    parsed = parse(query)
    if parsed.likeness is not None or parsed.sorts:
        raise UsageError(
            "The result is in the order of similarity to the picture.",
            "Remove like:, like-image: and sort: from the query.",
        )
    with catalog.read() as connection:
        model = answering_model(connection)
    wanted = None if model is None else embed(model)
    return _search_alike(catalog, f"{mark} {query}", parsed, limit=limit, offset=offset, cursor=cursor, wanted=wanted)


def _search_alike(
    catalog: Catalog,
    query: str,
    parsed: Query,
    *,
    limit: int,
    offset: int,
    cursor: str | None,
    wanted: QueryVector | None = None,
) -> AssetPage:
    """A page of a result that is ordered by similarity. The whole ranking is found for each page."""
    from mirrorlake.search.alike import rank  # noqa: PLC0415  loads numpy, which other searches do not need

    place = None if cursor is None else read_ranked_cursor(query, cursor)
    with explain_timeout(), _record_slow(catalog, needed_indexes(parsed), None), catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        ranking = rank(connection, parsed, wanted)
        if place is not None:
            offset = sum(1 for number, alike in ranking.found if (alike, number) >= place)
        rows = ranking.found[offset : offset + limit]
        assets = read_assets(connection, rows)
    total = len(ranking.found)
    following = write_ranked_cursor(query, rows[-1]) if rows and offset + len(rows) < total else None
    return AssetPage(
        items=tuple(assets),
        offset=offset,
        total=total,
        total_capped=ranking.capped,
        next_cursor=following,
        notes=ranking.notes,
    )


def finder_of(
    connection: psycopg.Connection[TupleRow],
    parsed: Query,
    compiled: CompiledQuery,
    place: Cursor | None = None,
    patience: Patience | None = None,
) -> Finder:
    """What finds the rows after a place, with the indexes that the library has now."""
    compiled = known_values.narrow(connection, parsed, compiled)
    indexed = search_indexes.ready(connection) if needed_indexes(parsed) else frozenset[IndexedValue]()
    by = parsed.sorts[0].by if len(parsed.sorts) == 1 else None
    return Finder(
        connection,
        compiled,
        unsorted=isinstance(by, MetadataColumn) and not compiled.trash and known_values.nobody_has(connection, by),
        place=place,
        patience=patience,
        everything=isinstance(parsed.where, Everything),
        indexed=indexed,
        answered=not needed_by_node(parsed.where).isdisjoint(indexed),
    )


def _far_rows(
    connection: psycopg.Connection[TupleRow], parsed: Query, compiled: CompiledQuery, *, limit: int, offset: int
) -> list[TupleRow]:
    """The rows of a page far from the beginning. In the whole library, an index gets there without reading assets."""
    where = compiled.where
    by_id = all(key.by is SortColumn.ID for key in compiled.keys)
    if isinstance(parsed.where, Everything) and by_id:
        counts = library_count.outside_trash_by_block(connection)
        if counts is not None:
            position = find_position(counts, offset, descending=compiled.id_descending)
            if position is None:
                return []
            comes: LiteralString = "<=" if compiled.id_descending else ">="
            where, offset = Sql(f"{where.text} AND asset.id {comes} %s", (*where.params, position.id)), position.passed
    elif isinstance(parsed.where, Everything) and len(compiled.keys) == 1:
        indexed = search_indexes.ready(connection) if needed_indexes(parsed) else frozenset[IndexedValue]()
        found = far_page(connection, compiled.keys[0], indexed, limit=limit, offset=offset)
        if found is not None:
            return found
    values = sort_values(compiled.keys)
    text = f"SELECT asset.id{values.text} FROM asset WHERE {where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - literals, values are bound
    return connection.execute(
        replace_names(text).encode() + b" LIMIT %s OFFSET %s",
        (*values.params, *where.params, *compiled.order.params, limit, offset),
        prepare=False,  # planned for these values: how many assets have a tag differs a thousandfold
    ).fetchall()


def stream(catalog: Catalog, query: str, limit: int | None = None, texts: TextVectors | None = None) -> Iterator[Asset]:
    """Return all results of a query, or the first `limit`, in the order of `search`. Memory use is constant.

    The query is parsed immediately, so that QueryError is raised here and not at the first asset.
    """
    parsed = parse(query)
    if parsed.likeness is not None:
        most = MOST_ALIKE if limit is None else limit
        page = _search_likeness(catalog, query, parsed, limit=most, offset=0, cursor=None, texts=texts)
        return iter(page.items)
    return _stream_assets(catalog, compile_query(parsed), limit)


def _stream_assets(catalog: Catalog, compiled: CompiledQuery, limit: int | None) -> Iterator[Asset]:
    with explain_timeout(), catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        with connection.cursor("search") as cursor:
            cursor.execute(
                _ids_in_order(compiled) + b" LIMIT %s", (*compiled.where.params, *compiled.order.params, limit)
            )
            while rows := cursor.fetchmany(STREAM_ROWS):
                yield from read_assets(connection, rows)


def _ids_in_order(compiled: CompiledQuery) -> bytes:
    # Ids first, whole assets after: sorting and skipping then move few bytes.
    text = f"SELECT asset.id FROM asset WHERE {compiled.where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - literals, values are bound
    return replace_names(text).encode()


def read_assets(connection: psycopg.Connection[TupleRow], ids: Sequence[TupleRow]) -> list[Asset]:
    """Return the assets of rows of ids, in their order, without assets deleted in the meantime."""
    wanted = [row[0] for row in ids]
    rows = connection.execute(asset_columns() + b" WHERE asset.id = ANY(%s)", (wanted,))
    found = {row[0]: asset_from_row(row) for row in rows}
    return [found[each] for each in wanted if each in found]


def _total(
    catalog: Catalog, query: Query, compiled: CompiledQuery, rows: int, *, limit: int, offset: int
) -> tuple[int, bool]:
    """How many assets match, with `rows` from an offset, and whether that number is only a lower bound."""
    if rows < limit and (rows or not offset):
        return offset + rows, False
    total, capped = _count(catalog, query, compiled, exact=not offset)
    return max(total, offset + rows if rows else 0), capped


def _count(catalog: Catalog, query: Query, compiled: CompiledQuery, *, exact: bool) -> tuple[int, bool]:
    """The number of all matches, kept for the whole library, and whether it is only a lower bound."""
    if isinstance(query.where, Everything):
        with catalog.read() as connection:
            whole = library_count.outside_trash(connection)
        if whole is not None:
            return whole, False
    return count_matches(catalog, query, compiled, exact=exact)


@contextmanager
def _record_slow(catalog: Catalog, needed: frozenset[IndexedValue], patience: Patience | None) -> Generator[None]:
    """Record a search that took long for want of an index, also one that was stopped: with the time of a whole one."""
    started = time.monotonic()
    try:
        yield
    finally:
        seconds = time.monotonic() - started
        if patience is not None and patience.searched:
            seconds *= patience.assets / patience.searched
        if needed and seconds > SLOW_S:
            _record_missing(catalog, needed, seconds)


def _record_missing(catalog: Catalog, needed: frozenset[IndexedValue], seconds: float) -> None:
    with catalog.read() as connection:
        missing = needed - search_indexes.ready(connection)
    if missing:
        search_indexes.record_use(catalog, missing, seconds)


@contextmanager
def _explain_cursor(place: Cursor | None) -> Generator[None]:
    """Anyone can write a cursor: its values may be none of the types that the query sorts by."""
    try:
        yield
    except psycopg.DataError as error:
        if place is None:
            raise
        raise unusable_cursor() from error


@contextmanager
def explain_timeout() -> Generator[None]:
    """Raise CatalogError for a search that took too long."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"The search took longer than {TIMEOUT_S} seconds and was stopped.",
            "Add a term that few assets match, such as a tag, an exact metadata value or a longer part of the name.",
        ) from error
