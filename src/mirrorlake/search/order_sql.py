"""The order of a query as SQL. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from mirrorlake.search.nodes import MetadataColumn, Sort, SortColumn, Values
from mirrorlake.search.sql import Sql

_SORTS: dict[SortColumn, LiteralString] = {
    SortColumn.NAME: 'asset.name COLLATE "C"',  # the same order on every server
    SortColumn.KEY: "asset.key",
    SortColumn.TYPE: 'asset.media_type COLLATE "C"',
    SortColumn.SIZE: "asset.size",
    SortColumn.WIDTH: "asset.width",
    SortColumn.HEIGHT: "asset.height",
    SortColumn.CREATED: "asset.created",
    SortColumn.UPDATED: "asset.updated",
    SortColumn.MODIFIED: "asset.modified",
    SortColumn.ID: "asset.id",
}
_TYPES: dict[SortColumn, LiteralString] = {
    SortColumn.SIZE: "bigint",
    SortColumn.WIDTH: "bigint",
    SortColumn.HEIGHT: "bigint",
    SortColumn.CREATED: "timestamptz",
    SortColumn.UPDATED: "timestamptz",
    SortColumn.MODIFIED: "timestamptz",
    SortColumn.ID: "bigint",
}
_NULLABLE = frozenset({SortColumn.MODIFIED, SortColumn.WIDTH, SortColumn.HEIGHT})

# What an index on one metadata key holds: see catalog.search_indexes, which has to write exactly the same.
ORDERED_VALUE: LiteralString = (
    "(CASE WHEN octet_length(asset.metadata ->> %s::text) <= 1000 THEN asset.metadata -> %s::text END)"
)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One value that a query sorts by."""

    by: SortColumn | MetadataColumn
    sql: Sql
    type: LiteralString  # PostgreSQL's
    descending: bool
    nullable: bool
    known: Sql  # whether there is a value, in the form that an index on it is limited to


def of_values(values: Values, sql: Sql) -> Sql:
    """The same condition over facts, which are stored like metadata: the text of `sql` contains no user's value."""
    return sql if values is Values.METADATA else Sql(sql.text.replace("asset.metadata", "asset.facts"), sql.params)


def ordered_value(key: str) -> Sql:
    """A value as it is ordered: one that does not fit into an index is ordered like an unknown one."""
    return Sql(ORDERED_VALUE, (key, key))


def sort_key(sort: Sort) -> SortKey:
    """The value that a sort rule orders by."""
    if isinstance(sort.by, MetadataColumn):
        by = of_values(sort.by.values, ordered_value(sort.by.key))
        exists = of_values(sort.by.values, Sql("(asset.metadata -> %s::text) IS NOT NULL", (sort.by.key,)))
        known = Sql(exists.text + " AND " + by.text + " IS NOT NULL", (*exists.params, *by.params))
        return SortKey(sort.by, by, "jsonb", sort.descending, nullable=True, known=known)
    # Without NULLS LAST, an index can provide the order.
    by = Sql(_SORTS[sort.by])
    return SortKey(
        sort.by,
        by,
        _TYPES.get(sort.by, "text"),
        sort.descending,
        nullable=sort.by in _NULLABLE,
        known=Sql(by.text + " IS NOT NULL"),
    )


def order_sql(keys: tuple[SortKey, ...], *, id_descending: bool) -> Sql:
    """The sort keys, unknown values last in both directions, then the id."""
    texts: list[LiteralString] = []
    for key in keys:
        direction: LiteralString = " DESC" if key.descending else ""
        nulls: LiteralString = " NULLS LAST" if key.nullable else ""
        texts.append(key.sql.text + direction + nulls)
    by_id: LiteralString = "asset.id DESC" if id_descending else "asset.id"
    return Sql(", ".join([*texts, by_id]), tuple(param for key in keys for param in key.sql.params))
