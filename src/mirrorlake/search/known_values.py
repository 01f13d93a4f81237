"""What the kept counts of values show about a query before an asset is read: nothing matches, or which values do.

A part of a query that names one field only (`-metadata.reviewed:*`, `metadata.site:north-*`, `type:video`) is evaluated
over the values that assets have, by the same SQL as over assets. If all values of the field are listed, only assets
with the matching ones can match, and those are found by the index on filters. Assets that changed since they were
counted are a further alternative: they are few, or the counts are not used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import search_indexes
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.catalog.statements import statement
from mirrorlake.model.media import LIST_FACTS
from mirrorlake.search.compile import CompiledQuery
from mirrorlake.search.conditions import compile_node, datasource_named
from mirrorlake.search.filters import filters_of, governed_sql, kind_sql, media_type_sql
from mirrorlake.search.index_needs import needed_by_node
from mirrorlake.search.nodes import (
    And,
    Comparison,
    HasKind,
    HasMediaType,
    HasTag,
    InDatasource,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    Node,
    Not,
    Number,
    Or,
    Pattern,
    Query,
    Values,
)
from mirrorlake.search.order_sql import ORDERED_VALUE, of_values
from mirrorlake.search.sql import Param, Sql

MOST_PENDING = 5_000  # assets that changed since they were counted: checking them takes about 10 ms
MOST_VALUES = 16  # that match: each is a question of its own to the index
KIND, TYPE = "kind", "type"
FEW = 10_000  # assets: a better filter than one whose number of assets is not known
_MANY = 2**63
_REACHED: LiteralString = (
    "SELECT count(*) FROM (SELECT FROM object WHERE datasource_id = ANY(%s::bigint[]) LIMIT %s) AS reached"
)
_OF_OBJECTS: LiteralString = "asset.id IN (SELECT asset_id FROM object WHERE datasource_id = %s)"
_PENDING: LiteralString = "asset.id = ANY(%s::bigint[])"
# A value as the asset that has it alone would be.
_NAMED: LiteralString = (
    "SELECT jsonb_build_object(%s::text,"
    " CASE listed.type WHEN 't' THEN to_jsonb(listed.value) ELSE listed.value::jsonb END)"
)
_AS_ASSET: dict[str, LiteralString] = {
    Values.METADATA: _NAMED + " AS metadata",
    Values.FACTS: _NAMED + " AS facts",
    KIND: "SELECT listed.value AS kind",
    TYPE: "SELECT listed.value AS media_type",
}
_UNKNOWN_AS_ASSET: dict[str, LiteralString] = {
    Values.METADATA: "SELECT '{}'::jsonb AS metadata",
    Values.FACTS: "SELECT '{}'::jsonb AS facts",
}


_UNORDERED: LiteralString = f"((asset.metadata -> %s::text) IS NOT NULL AND {ORDERED_VALUE} IS NULL)"
_OPPOSITES = {
    Comparison.LT: Comparison.GE,
    Comparison.LE: Comparison.GT,
    Comparison.GT: Comparison.LE,
    Comparison.GE: Comparison.LT,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field as `field_count` names it, by its space (`metadata`, `facts`, or the field itself) and its key."""

    space: str
    key: str = ""

    @property
    def name(self) -> str:
        """As in `field_count`."""
        return f"{self.space}.{self.key}" if self.key else self.space


@dataclass(frozen=True, slots=True)
class Bound:
    """Alternatives, one of which holds for each asset that matches; none: no asset matches."""

    filters: tuple[Sql, ...]
    assets: int | None = None  # how many counted assets match at most; None: unknown

    @property
    def most(self) -> int:
        """How many counted assets match at most, very many if that is unknown."""
        return _MANY if self.assets is None else self.assets


@dataclass(frozen=True, slots=True)
class _Matching:
    """Which values of a field match, and how many counted assets have them."""

    values: Sequence[tuple[str, str]]  # with their type; no more than MOST_VALUES + 1
    assets: int
    without: int  # assets that match because they do not have the field


def field_of(node: Node) -> Field | None:
    """The only field that a node is about; None if it is about several, or about something that is not counted."""
    match node:
        case And(terms) | Or(terms):
            fields = {field_of(term) for term in terms}
            return fields.pop() if len(fields) == 1 else None
        case Not(term):
            return field_of(term)
        case MetadataExists(key, values) | MetadataCompare(key, _, _, values) | MetadataMatches(key, _, values):
            # An asset has several values of a list: none of them alone shows what the query is about.
            if values is Values.FACTS and key in LIST_FACTS:
                return None
            return Field(values.value, key)
        case HasKind():
            return Field(KIND)
        case HasMediaType():
            return Field(TYPE)
        case _:
            return None


def narrow(connection: psycopg.Connection[TupleRow], query: Query, compiled: CompiledQuery) -> CompiledQuery:
    """The compiled query with what the kept counts add to its filters. The condition stays what it is."""
    if compiled.trash or not _may_be_known(query.where):
        return compiled
    pending = pending_assets(connection)
    found = _Reader(connection, counted=pending is not None).bound(query.where)
    if found is None:
        return compiled
    if compiled.filters and (found.assets is None or found.assets > FEW):
        return compiled
    changed = (Sql(_PENDING, ("{" + ",".join(map(str, pending)) + "}",)),) if pending else ()
    filters = (*found.filters, *changed)
    most = None if found.assets is None else found.assets + len(pending or ())
    return replace(compiled, filters=filters, nothing=not filters, most=most)


def count(connection: psycopg.Connection[TupleRow], query: Query, compiled: CompiledQuery) -> int | None:
    """How many assets match, if the kept counts show it exactly; else None."""
    tag = query.where.value if isinstance(query.where, HasTag) and isinstance(query.where.value, str) else None
    field = field_of(query.where)
    if compiled.trash or (field is None and tag is None) or pending_assets(connection) != []:
        return None
    if tag is not None:
        row = connection.execute(statement("count_of_tag").query, {"tag": tag}).fetchone()
        return None if row is None else row[0]
    found = None if field is None else _Reader(connection).matching(field, query.where)
    return None if found is None else found.assets + found.without


def pending_assets(connection: psycopg.Connection[TupleRow]) -> list[int] | None:
    """The assets that changed since they were counted, to be read before the counts; None if there are many."""
    rows = connection.execute(statement("pending_ids").query, {"most": MOST_PENDING + 1}).fetchall()
    return None if len(rows) > MOST_PENDING else [row[0] for row in rows]


def nobody_has(connection: psycopg.Connection[TupleRow], by: MetadataColumn) -> bool:
    """Whether no asset outside the trash has a value of this metadata key or fact."""
    if pending_assets(connection) != []:
        return False
    wanted = {"field": Field(by.values.value, by.key).name}
    return connection.execute(statement("known_field").query, wanted).fetchone() is None


class _Reader:
    """The kept counts beside one query, in one transaction."""

    def __init__(self, connection: psycopg.Connection[TupleRow], *, counted: bool = True) -> None:
        """`counted`: whether nearly all assets are counted, so that the counts can be used."""
        self._connection = connection
        self._counts = counted

    def bound(self, node: Node) -> Bound | None:
        """What can match of all counted assets; None if the counts do not show it."""
        field = field_of(node)
        if field is not None and _is_quick(field, node):
            found = self.matching(field, node)
            filters = None if found is None or found.without else _filters_of(field, found.values)
            if found is not None and filters is not None:
                return Bound(filters, found.assets)
        match node:
            case And(terms):
                # Terms about one field were evaluated together above, which did not help.
                return self._smallest(terms if field is not None else _by_field(terms))
            case Or(terms):
                return self._any_of(terms)
            case InDatasource(value):
                return self._in_datasource(value)
            case Not(MetadataCompare(_, comparison, Number()) as compared) if comparison in _OPPOSITES:
                return self._opposite(compared)
            case Not(InDatasource(value)):
                # Of an asset without it, another datasource is the governing one.
                others = self._datasources(value, matching=False)
                return None if others is None else Bound(tuple(map(governed_sql, others)))
            case _:
                filters = filters_of(node)
                return Bound(filters) if filters else None

    def _in_datasource(self, value: str | Pattern) -> Bound | None:
        known = self._datasources(value)
        if not known:
            return None if known is None else Bound((), 0)
        reached = self._connection.execute(_REACHED, (known, FEW + 1)).fetchone()
        if reached is None or reached[0] > FEW:
            return None
        # Those that they govern, and those of others that they have too.
        return Bound(tuple(one for number in known for one in (governed_sql(number), Sql(_OF_OBJECTS, (number,)))))

    def _datasources(self, value: str | Pattern, *, matching: bool = True) -> list[int] | None:
        """The datasources with such a name, or all others; None if there are too many to ask for one by one."""
        named = datasource_named(value)
        text: LiteralString = "SELECT id FROM datasource WHERE (" + named.text + ") = %s LIMIT %s"  # noqa: S608 - literals
        found = self._connection.execute(text, (*named.params, matching, MOST_VALUES + 1)).fetchall()
        return None if len(found) > MOST_VALUES else [number for (number,) in found]

    def _opposite(self, compared: MetadataCompare) -> Bound | None:
        """Where all assets have a number, those that are not less are greater or equal: an index on it answers that."""
        if not self._counts or needed_by_node(compared).isdisjoint(search_indexes.ready(self._connection)):
            return None
        wanted = {"field": Field(compared.values.value, compared.key).name}
        row = self._connection.execute(statement("numbers_of_field").query, wanted).fetchone()
        if row is None or not row[0]:
            return None
        opposite = replace(compared, comparison=_OPPOSITES[compared.comparison])
        # A number with very many zeros is ordered like an unknown one.
        unordered = of_values(compared.values, Sql(_UNORDERED, (compared.key,) * 3))
        return Bound((compile_node(opposite), unordered))

    def _smallest(self, terms: Iterable[Node]) -> Bound | None:
        smallest: Bound | None = None
        for term in terms:
            found = self.bound(term)
            if found is not None and (smallest is None or found.most < smallest.most):
                smallest = found
            if smallest is not None and not smallest.filters:
                break  # nothing matches
        return smallest

    def _any_of(self, terms: Iterable[Node]) -> Bound | None:
        filters: tuple[Sql, ...] = ()
        assets: int | None = 0
        for term in terms:
            found = self.bound(term)
            if found is None or len(filters) + len(found.filters) > MOST_VALUES:
                return None
            filters += found.filters
            assets = None if assets is None or found.assets is None else assets + found.assets
        return Bound(filters, assets)

    def matching(self, field: Field, node: Node) -> _Matching | None:
        """The values that match a node about this field alone; None if not all values are listed."""
        if not self._counts:
            return None
        known = self._connection.execute(statement("known_field").query, {"field": field.name}).fetchone()
        assets, numbers, complete = known or (0, 0, True)
        # A pattern is compared with the text of a number as it was written, which is not kept.
        if not complete or (numbers and _has_pattern(node)):
            return None
        condition = compile_node(node)
        text: LiteralString = (
            "SELECT coalesce(sum(assets), 0)::bigint, coalesce(sum(assets) FILTER (WHERE matches), 0)::bigint,"  # noqa: S608 - literals, values are bound
            " (array_agg(value) FILTER (WHERE matches))[:%s], (array_agg(type::text) FILTER (WHERE matches))[:%s]"
            " FROM ("
            f"SELECT listed.value, listed.type, listed.assets, ({condition.text}) AS matches FROM field_value AS listed"
            f" CROSS JOIN LATERAL ({_AS_ASSET[field.space]}) AS asset WHERE listed.field = %s) AS found"
        )
        named = (field.key,) if field.key else ()
        most = MOST_VALUES + 1
        listed, matched, values, types = self._row(text, (most, most, *condition.params, *named, field.name))
        if listed != assets:
            return None  # lists and objects among facts, which are not listed
        without = self._counted() - assets if self._holds_without(field, condition) else 0
        return _Matching(tuple(zip(values or (), types or (), strict=True)), matched, without)

    def _holds_without(self, field: Field, condition: Sql) -> bool:
        """Whether an asset without the field matches."""
        if field.space not in _UNKNOWN_AS_ASSET:
            return False
        text: LiteralString = f"SELECT ({condition.text}) IS TRUE FROM ({_UNKNOWN_AS_ASSET[field.space]}) AS asset"  # noqa: S608 - as above
        return bool(self._row(text, condition.params)[0])

    def _counted(self) -> int:
        """How many assets are counted: each has a kind."""
        row = self._connection.execute(statement("known_field").query, {"field": KIND}).fetchone()
        return 0 if row is None else row[0]

    def _row(self, text: LiteralString, params: tuple[Param, ...]) -> TupleRow:
        row = self._connection.execute(replace_names(text).encode(), params, prepare=False).fetchone()
        if row is None:
            raise AssertionError("a SELECT of aggregates, or from one row, returns a row")
        return row


def _by_field(terms: Sequence[Node]) -> list[Node]:
    """The terms, those about one field together: `-metadata.ok:true -metadata.ok:false` is about its other values."""
    together: dict[Field, list[Node]] = {}
    others: list[Node] = []
    for term in terms:
        field = field_of(term)
        if field is None:
            others.append(term)
        else:
            together.setdefault(field, []).append(term)
    return [*(same[0] if len(same) == 1 else And(tuple(same)) for same in together.values()), *others]


def _filters_of(field: Field, values: Sequence[tuple[str, str]]) -> tuple[Sql, ...] | None:
    """An alternative for each of these values; None if there are too many, or if no index answers them."""
    if not values:
        return ()
    if len(values) > MOST_VALUES or field.space == Values.FACTS:
        return None
    if field.space == KIND:
        return tuple(kind_sql(value) for value, _ in values)
    if field.space == TYPE:
        return tuple(media_type_sql(value) for value, _ in values)
    return tuple(
        Sql("asset.metadata @> %s::jsonb", (f"{{{json.dumps(field.key)}:{_json(value, kind)}}}",))
        for value, kind in values
    )


def _json(value: str, kind: str) -> str:
    return json.dumps(value) if kind == "t" else value


def _may_be_known(node: Node) -> bool:
    """Whether there is a part that the index on filters does not answer, and the counts perhaps do."""
    field = field_of(node)
    if isinstance(node, InDatasource) or (isinstance(node, Not) and isinstance(node.term, InDatasource)):
        return True
    if field is not None and _is_quick(field, node):
        return True
    return isinstance(node, And | Or) and any(map(_may_be_known, node.terms))


def _is_quick(field: Field, node: Node) -> bool:
    """Whether evaluating all values of the field helps: the index answers a single value of metadata more quickly."""
    return field.space in (KIND, TYPE) or not filters_of(node)


def _has_pattern(node: Node) -> bool:
    match node:
        case And(terms) | Or(terms):
            return any(map(_has_pattern, terms))
        case Not(term):
            return _has_pattern(term)
        case _:
            return isinstance(node, MetadataMatches)
