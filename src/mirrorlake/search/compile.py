"""Compile the nodes of a query into SQL over the `asset` table. Pure; values are always bound parameters."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString, assert_never

from mirrorlake.model.assets import STATE_NUMBERS, AssetState
from mirrorlake.search.glob_regex import glob_to_regex
from mirrorlake.search.label_sql import annotation_count_sql, class_sql, has_box_sql
from mirrorlake.search.nodes import (
    And,
    AnnotationCount,
    Boolean,
    Comparison,
    Everything,
    FileName,
    HasBox,
    HasClass,
    HasId,
    HasKind,
    HasMediaType,
    HasTag,
    InDatasource,
    InProject,
    IntegerColumn,
    IntegerCompare,
    Leaf,
    Literal,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    NameContains,
    Node,
    Not,
    Number,
    Or,
    PathMatches,
    Pattern,
    Query,
    Sort,
    SortColumn,
    Span,
    StateIs,
    Text,
    TimeColumn,
    TimeCompare,
    Values,
)
from mirrorlake.search.sql import SYMBOLS, Param, Sql, join, like, like_pattern

_INTEGERS: dict[IntegerColumn, LiteralString] = {
    IntegerColumn.SIZE: "asset.size",
    IntegerColumn.WIDTH: "asset.width",
    IntegerColumn.HEIGHT: "asset.height",
}
_TIMES: dict[TimeColumn, LiteralString] = {
    TimeColumn.CREATED: "asset.created",
    TimeColumn.UPDATED: "asset.updated",
    TimeColumn.MODIFIED: "asset.modified",
}
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

# An ISO date or time that exists, so that the cast never fails. The last digits of the year identify leap years.
_DAY: LiteralString = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_LEAP_YEAR: LiteralString = r"[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00"
_CLOCK: LiteralString = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
_ZONE: LiteralString = r"Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]"
ISO_TIME: LiteralString = (
    "^(?!0000)(?:[0-9]{4}-(?:" + _DAY + ")|(?:" + _LEAP_YEAR + ")-02-29)(?:[T ]" + _CLOCK + "(?:" + _ZONE + ")?)?$"
)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One value that a query sorts by."""

    sql: Sql
    type: LiteralString  # PostgreSQL's
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    """A condition and an order over the table `asset`.

    Run it in a session whose time zone is UTC: metadata times without a zone are read as UTC.
    `order` ends with the id, so that pages never overlap.
    """

    where: Sql
    order: Sql
    keys: tuple[SortKey, ...] = ()  # what `order` consists of, the id apart
    id_descending: bool = True


def compile_query(query: Query) -> CompiledQuery:
    """Compile a query. Assets in the trash are excluded unless the query names the trash or any state."""
    where = _node(query.where)
    if not _names_trash(query.where):
        where = join(" AND ", [Sql("asset.state <> {asset.trash}"), where])
    keys = tuple(_sort_key(sort) for sort in query.sorts)
    id_descending = query.sorts[-1].descending if query.sorts else True  # newest first if nothing was asked
    return CompiledQuery(
        where=where, order=_order(keys, id_descending=id_descending), keys=keys, id_descending=id_descending
    )


def _names_trash(node: Node) -> bool:
    match node:
        case And(terms) | Or(terms):
            return any(_names_trash(term) for term in terms)
        case Not(term):
            return _names_trash(term)
        case StateIs(state):
            return state is None or state is AssetState.TRASH
        case _:
            return False


def _node(node: Node) -> Sql:
    match node:
        case And(terms):
            return join(" AND ", [_node(term) for term in terms])
        case Or(terms):
            return join(" OR ", [_node(term) for term in terms])
        case Not(term):
            inner = _node(term)
            # Comparing a missing value gives NULL, and NOT NULL would drop the asset.
            return Sql("((" + inner.text + ") IS NOT TRUE)", inner.params)
        case _:
            return _leaf(node)


def _leaf(leaf: Leaf) -> Sql:
    match leaf:
        case Everything():
            return Sql("TRUE")
        case NameContains(text):
            return _match_any_form(text, lambda form: Sql("asset.name ILIKE %s", (f"%{like(form)}%",)))
        case FileName(value):
            return _file_name(value)
        case PathMatches(glob, literal):
            return _path(glob, literal=literal)
        case MetadataExists(key, values):
            return _of(values, Sql("asset.metadata ? %s::text", (key,)))
        case MetadataCompare(key, comparison, literal, values):
            return _of(values, _metadata(key, comparison, literal))
        case MetadataMatches(key, pattern, values):
            return _of(values, Sql("asset.metadata ->> %s::text LIKE %s", (key, like_pattern(pattern))))
        case HasTag(value):
            return _is_or_like(_HAS_TAG, value)
        case InProject(value):
            return _is_or_like(_IN_PROJECT, value)
        case InDatasource(name):
            return Sql(_IN_DATASOURCE, (name, name))
        case HasClass(value, comparison, count):
            return class_sql(value, comparison, count)
        case AnnotationCount(comparison, count):
            return annotation_count_sql(comparison, count)
        case HasBox(measure, bounds):
            return has_box_sql(measure, bounds)
        case HasMediaType(value):
            if "/" in value:
                return Sql("asset.media_type = %s", (value,))
            return Sql("asset.media_type LIKE %s", (f"{like(value)}/%",))
        case HasKind(kind):
            return Sql("asset.kind = %s", (kind.value,))
        case HasId(number):
            return Sql("asset.id = %s", (number,))
        case IntegerCompare(column, comparison, value):
            return Sql(_INTEGERS[column] + " " + SYMBOLS[comparison] + " %s", (value,))
        case TimeCompare(column, comparison, span):
            return _in_span(_TIMES[column], (), comparison, span)
        case StateIs(state):
            return Sql("TRUE") if state is None else Sql("asset.state = %s", (STATE_NUMBERS[state],))
        case _:
            assert_never(leaf)


def _is_or_like(exists: LiteralString, value: str | Pattern) -> Sql:
    if isinstance(value, Pattern):
        return Sql(exists + " LIKE %s)", (like_pattern(value),))
    return Sql(exists + " = %s)", (value,))


_IN_PROJECT: LiteralString = (
    "EXISTS (SELECT FROM project_asset JOIN project ON project.id = project_asset.project_id"
    " WHERE project_asset.asset_id = asset.id AND project.name"
)
_HAS_TAG: LiteralString = "EXISTS (SELECT FROM asset_tag WHERE asset_tag.asset_id = asset.id AND asset_tag.tag"
# Checks the governing datasource first; objects of other datasources are searched only if it does not match.
_IN_DATASOURCE: LiteralString = (
    "(asset.datasource_id IN (SELECT id FROM datasource WHERE name = %s)"
    " OR EXISTS (SELECT FROM object JOIN datasource ON datasource.id = object.datasource_id"
    " WHERE object.asset_id = asset.id AND (asset.state <> {asset.present} OR object.state IN ({known.standing}))"
    " AND datasource.name = %s))"
)


def _match_any_form(text: str, compare: Callable[[str], Sql]) -> Sql:
    """Match composed and decomposed accents: which form is stored depends on the system that created the file."""
    forms = dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))
    parts = [compare(form) for form in forms]
    return parts[0] if len(parts) == 1 else join(" OR ", parts)


def _file_name(value: str | Pattern) -> Sql:
    def compare(like: str) -> Sql:
        # The first condition follows from the second, and the trigram index supports it.
        return Sql(
            "(asset.name ILIKE %s AND substring(asset.name from '[^/]*$') ILIKE %s)", (f"%{like.lstrip('%')}", like)
        )

    return _match_any_form(like(value) if isinstance(value, str) else like_pattern(value), compare)


def _path(glob: str, *, literal: bool) -> Sql:
    rooted = glob.startswith("/")
    text = glob.removeprefix("/")
    if literal or "*" not in text:
        # A leading slash means the root. It also matches a key that itself starts with a slash.
        return Sql("asset.key IN (%s, %s)", (text, "/" + text)) if rooted else Sql("asset.key = %s", (text,))
    return Sql("asset.key ~ %s", ("^" + ("/?" if rooted else "") + glob_to_regex(text) + "$",))


def _of(values: Values, sql: Sql) -> Sql:
    """The same condition over facts, which are stored like metadata: the text of `sql` contains no user's value."""
    return sql if values is Values.METADATA else Sql(sql.text.replace("asset.metadata", "asset.facts"), sql.params)


def _metadata(key: str, comparison: Comparison, literal: Literal) -> Sql:
    if comparison is Comparison.EQ:
        return _metadata_equal(key, literal)
    if comparison is Comparison.NE:
        equal = _metadata_equal(key, literal)
        return Sql("(asset.metadata ? %s::text AND NOT " + equal.text + ")", (key, *equal.params))
    symbol = SYMBOLS[comparison]
    match literal:
        case Number(_, value):
            # jsonb compares numbers exactly and never fails on a value of another type.
            return Sql(
                "(jsonb_typeof(asset.metadata -> %s::text) = 'number' AND asset.metadata -> %s::text "
                + symbol
                + " %s::jsonb)",
                (key, key, str(value)),
            )
        case Span():
            return _metadata_time(key, comparison, literal)
        case Text(text) | Boolean(text, _):
            return Sql(
                "(jsonb_typeof(asset.metadata -> %s::text) = 'string' AND (asset.metadata ->> %s::text) COLLATE \"C\" "
                + symbol
                + " %s::text)",
                (key, key, text),
            )
        case _:
            assert_never(literal)


def _metadata_equal(key: str, literal: Literal) -> Sql:
    """Containment, which the index on metadata supports. Every literal also matches as the text that was typed."""
    name = json.dumps(key)
    parts = [Sql("asset.metadata @> %s::jsonb", (f"{{{name}:{json.dumps(literal.text)}}}",))]
    match literal:
        case Text():
            pass
        case Number(_, value):
            parts.append(Sql("asset.metadata @> %s::jsonb", (f"{{{name}:{value}}}",)))
        case Boolean(_, value):
            parts.append(Sql("asset.metadata @> %s::jsonb", (f"{{{name}:{json.dumps(value)}}}",)))
        case Span():
            parts.append(_metadata_time(key, Comparison.EQ, literal))
        case _:
            assert_never(literal)
    return parts[0] if len(parts) == 1 else join(" OR ", parts)


def _metadata_time(key: str, comparison: Comparison, span: Span) -> Sql:
    compared = _in_span("(asset.metadata ->> %s::text)::timestamptz", (key,), comparison, span)
    first, last = _text_bounds(comparison, span)
    # The text comparison leaves few values for the slower pattern. CASE keeps values that are not times from the cast.
    return Sql(
        '(CASE WHEN (asset.metadata ->> %s::text) COLLATE "C" BETWEEN %s::text AND %s::text'
        " AND jsonb_typeof(asset.metadata -> %s::text) = 'string' AND asset.metadata ->> %s::text ~ '"
        + ISO_TIME
        + "' THEN "
        + compared.text
        + " ELSE FALSE END)",
        (key, first, last, key, key, *compared.params),
    )


def _text_bounds(comparison: Comparison, span: Span) -> tuple[str, str]:
    """The text bounds of all times that can match. A zone shifts the written date by less than one day."""
    first, last = "0", "9999-12-32"
    try:
        if comparison in (Comparison.EQ, Comparison.GT, Comparison.GE):
            first = (span.start - timedelta(days=1)).date().isoformat()
        if comparison in (Comparison.EQ, Comparison.LT, Comparison.LE):
            last = (span.end + timedelta(days=2)).date().isoformat()
    except OverflowError:
        pass  # at the ends of the calendar there is no bound
    return first, last


def _in_span(value: LiteralString, params: tuple[Param, ...], comparison: Comparison, span: Span) -> Sql:
    """Compare a time with a span, which includes its start and excludes its end."""
    match comparison:
        case Comparison.EQ | Comparison.NE:
            inside: LiteralString = "(" + value + " >= %s AND " + value + " < %s)"
            return Sql(
                inside if comparison is Comparison.EQ else "(NOT " + inside + ")",
                (*params, span.start, *params, span.end),
            )
        case Comparison.LT:
            return Sql(value + " < %s", (*params, span.start))
        case Comparison.LE:
            return Sql(value + " < %s", (*params, span.end))
        case Comparison.GT:
            return Sql(value + " >= %s", (*params, span.end))
        case Comparison.GE:
            return Sql(value + " >= %s", (*params, span.start))
        case _:
            assert_never(comparison)


def _sort_key(sort: Sort) -> SortKey:
    if isinstance(sort.by, MetadataColumn):
        by = _of(sort.by.values, Sql("asset.metadata -> %s::text", (sort.by.key,)))
        return SortKey(by, "jsonb", sort.descending, nullable=True)
    # Without NULLS LAST, an index can provide the order.
    return SortKey(Sql(_SORTS[sort.by]), _TYPES.get(sort.by, "text"), sort.descending, nullable=sort.by in _NULLABLE)


def _order(keys: tuple[SortKey, ...], *, id_descending: bool) -> Sql:
    """The sort keys, unknown values last in both directions, then the id."""
    texts: list[LiteralString] = []
    for key in keys:
        direction: LiteralString = " DESC" if key.descending else ""
        nulls: LiteralString = " NULLS LAST" if key.nullable else ""
        texts.append(key.sql.text + direction + nulls)
    by_id: LiteralString = "asset.id DESC" if id_descending else "asset.id"
    return Sql(", ".join([*texts, by_id]), tuple(param for key in keys for param in key.sql.params))
