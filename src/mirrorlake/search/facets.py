"""Facets of a query: exact for the whole library and for few matches, else estimated from a sample that is marked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import facets as counts
from mirrorlake.catalog import field_counts, library_count
from mirrorlake.catalog.bulk_edits import Selection
from mirrorlake.catalog.facets import Counted
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.core.errors import CatalogError, UsageError
from mirrorlake.model.facets import Facet, FacetList
from mirrorlake.model.fields import ValueCount
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.search import known_values
from mirrorlake.search.compile import CompiledQuery, compile_query
from mirrorlake.search.fields import FORMAT_NAMES
from mirrorlake.search.grammar import parse
from mirrorlake.search.histogram import day_bins, number_bins
from mirrorlake.search.nodes import Everything, Query
from mirrorlake.search.splits import projects_of_splits
from mirrorlake.select.metadata import KEY

DEFAULT = ("kind", "type", "tag", "datasource", "project", "class", "size", "created")
FIELDS = (*counts.COLUMNS, "format", *counts.JOINED)
EXACT_ASSETS = 10_000  # matching assets that are all read
EXACT_MS = 100  # for finding them
SAMPLE_ASSETS = 10_000  # that are read of a larger result, whether they match or not
TIMEOUT_S = 5
_KEPT = frozenset({"kind", "type", "tag", "size", "width", "height", "created", "modified"})
_NAMED = re.compile(rf"(?:metadata|facts)\.{KEY.pattern}")


def read_facets(catalog: Catalog, query: str, fields: Sequence[str], *, most: int) -> FacetList:
    """The most frequent values and the histogram of each field, among the assets that match.

    Raises QueryError, UsageError for an unknown field, and CatalogError if counting takes too long.
    """
    asked = tuple(dict.fromkeys(map(_check, fields or DEFAULT)))
    wanted = tuple(dict.fromkeys("type" if one == "format" else one for one in asked))
    parsed = parse(query)
    pending = field_counts.fold_few(catalog)
    found: dict[str, Facet] = {}
    rest = wanted
    if isinstance(parsed.where, Everything):
        kept = [one for one in wanted if one in _KEPT or "." in one]
        with catalog.read() as connection:
            limit_time(connection, TIMEOUT_S)
            found = {
                one: _facet(one, counted, None, most) for one, counted in counts.kept(connection, kept, most).items()
            }
            if "datasource" in wanted:
                values = counts.datasources(connection)
                counted = Counted(assets=sum(assets for _, assets in values), values=values)
                found["datasource"] = _facet("datasource", counted, None, most)
        rest = tuple(one for one in wanted if one not in kept and one != "datasource")
    if rest:
        found |= _count_matching(catalog, parsed, compile_query(parsed), rest, most)
    nothing = Counted()
    return FacetList(
        facets=tuple(_take(found, one) or _facet(one, nothing, None, most) for one in asked), pending=pending
    )


def _take(found: dict[str, Facet], name: str) -> Facet | None:
    if name != "format":
        return found.get(name)
    types = found.get("type")
    if types is None:
        return None
    names = tuple(replace(one, value=FORMAT_NAMES.get(str(one.value), one.value)) for one in types.values)
    return replace(types, field=name, values=names)


def _count_matching(
    catalog: Catalog, parsed: Query, compiled: CompiledQuery, fields: Sequence[str], most: int
) -> dict[str, Facet]:
    columns = counts.columns_of(fields)
    try:
        ids = _find_few(catalog, parsed, compiled)
        with catalog.read() as connection:
            limit_time(connection, TIMEOUT_S)
            chosen, share = _of_ids(columns, ids) if ids is not None else _sample(connection, columns, compiled)
            counted = counts.count(connection, chosen, fields, most, _projects(connection, parsed))
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"Counting took longer than {TIMEOUT_S} seconds and was stopped.",
            "Add a term that few assets match, or ask for fewer fields.",
        ) from error
    fraction = share if share < 1 else None
    return {one: _facet(one, counted[one], fraction, most) for one in fields if one in counted}


def _projects(connection: psycopg.Connection[TupleRow], parsed: Query) -> list[int] | None:
    named = projects_of_splits(parsed.where)
    if named is None:
        return None
    return [number for (number,) in connection.execute(named.text, named.params)]


def _find_few(catalog: Catalog, parsed: Query, compiled: CompiledQuery) -> list[int] | None:
    """The matching assets; None if they are many, or if finding them is slow: they are rare or not indexed then."""
    text: LiteralString = f"SELECT asset.id FROM asset WHERE {compiled.where.text} LIMIT %s"  # noqa: S608 - literals, values are bound
    try:
        with catalog.read(one_snapshot=True) as connection:
            connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{EXACT_MS}ms",))
            known = known_values.count(connection, parsed, compiled)
            if known is not None and known > EXACT_ASSETS:
                return None
            rows = connection.execute(
                replace_names(text).encode(), (*compiled.where.params, EXACT_ASSETS + 1), prepare=False
            ).fetchall()
    except psycopg.errors.QueryCanceled:
        return None
    return [row[0] for row in rows] if len(rows) <= EXACT_ASSETS else None


def _of_ids(columns: LiteralString, ids: list[int]) -> tuple[Selection, float]:
    return (f"SELECT {columns} FROM asset WHERE asset.id = ANY(%s::bigint[])".encode(), (ids,)), 1.0  # noqa: S608 - as above


def _sample(
    connection: psycopg.Connection[TupleRow], columns: LiteralString, compiled: CompiledQuery
) -> tuple[Selection, float]:
    """The matching assets of random blocks, and the fraction of the library that these are."""
    blocks, _ = counts.blocks_and_assets(connection)
    assets = sum(count for _, count in library_count.blocks(connection))  # not PostgreSQL's estimate, which lags
    share = min(1.0, SAMPLE_ASSETS / assets if assets > 0 else 2_000 / max(1, blocks))
    text: LiteralString = f"SELECT {columns} FROM asset TABLESAMPLE SYSTEM (%s) WHERE {compiled.by_row.text} LIMIT %s"  # noqa: S608 - as above
    return (replace_names(text).encode(), (100 * share, *compiled.by_row.params, 10 * SAMPLE_ASSETS)), share


def _facet(name: str, counted: Counted, fraction: float | None, most: int) -> Facet:
    def scaled(number: int) -> int:
        return number if fraction is None else round(number / fraction)

    bins = [
        *number_bins((low, scaled(assets)) for low, assets in counted.numbers),
        *day_bins((day, scaled(assets)) for day, assets in counted.days),
    ]
    listed = counted.values[:most]
    distinct = len(counted.values) if counted.distinct is None else counted.distinct
    return Facet(
        field=name,
        assets=scaled(counted.assets),
        values=tuple(ValueCount(value=value, assets=scaled(assets)) for value, assets in listed),
        more=bool(listed) and (not counted.complete or distinct > len(listed)),
        bins=tuple(bins),
        sampled=fraction,
    )


def _check(name: str) -> str:
    if name in FIELDS or _NAMED.fullmatch(name):
        return name
    near = difflib.get_close_matches(name, [*FIELDS, f"metadata.{name}"], n=1)
    raise UsageError(
        f"Facets of {name!r} cannot be counted.",
        f"Did you mean {near[0]}?" if near else f"Fields are {', '.join(FIELDS)}, metadata.KEY and facts.KEY.",
    )
