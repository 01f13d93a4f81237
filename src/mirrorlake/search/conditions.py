"""Compile the conditions of a query into SQL over the `asset` table. Pure; values are always bound parameters."""

from __future__ import annotations

import json
from typing import LiteralString, assert_never

from mirrorlake.model.assets import STATE_NUMBERS
from mirrorlake.model.media import LIST_FACTS
from mirrorlake.search.digests import digest_sql
from mirrorlake.search.glob_regex import glob_to_regex
from mirrorlake.search.label_sql import annotation_count_sql, class_sql, has_box_sql
from mirrorlake.search.names_sql import file_name, name_contains
from mirrorlake.search.nodes import (
    And,
    AnnotationCount,
    Boolean,
    Comparison,
    Everything,
    FileName,
    HasBox,
    HasClass,
    HasDigest,
    HasId,
    HasKind,
    HasMediaType,
    HasTag,
    HasText,
    InDatasource,
    InProject,
    InSplit,
    IntegerColumn,
    IntegerCompare,
    Leaf,
    Literal,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    NameContains,
    NearDuplicate,
    Node,
    Not,
    Number,
    Or,
    PathMatches,
    Pattern,
    Span,
    StateIs,
    Text,
    TimeColumn,
    TimeCompare,
    Values,
)
from mirrorlake.search.order_sql import of_values, ordered_value
from mirrorlake.search.picture_texts import text_sql
from mirrorlake.search.splits import split_sql
from mirrorlake.search.sql import SYMBOLS, Sql, join, like, like_pattern
from mirrorlake.search.times_sql import TEXT_BEGIN, TEXT_CHARACTERS, in_span_sql, metadata_time_sql

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


def compile_node(node: Node) -> Sql:
    """The condition of a node alone."""
    match node:
        case And(terms):
            return join(" AND ", [compile_node(term) for term in terms])
        case Or(terms):
            return join(" OR ", [compile_node(term) for term in terms])
        case Not(term):
            inner = compile_node(term)
            # Comparing a missing value gives NULL, and NOT NULL would drop the asset.
            return Sql("((" + inner.text + ") IS NOT TRUE)", inner.params)
        case _:
            return _leaf(node)


def _leaf(leaf: Leaf) -> Sql:
    match leaf:
        case Everything():
            return Sql("TRUE")
        case NameContains(text):
            return _any(name_contains(text))
        case FileName(value):
            return _any(file_name(value))
        case PathMatches(glob, literal):
            return _path(glob, literal=literal)
        case MetadataExists(key, values):
            # The same as `?` for an object, in the form that an index on one key answers.
            return of_values(values, Sql("(asset.metadata -> %s::text) IS NOT NULL", (key,)))
        case MetadataMatches(key, pattern, Values.FACTS) if key in LIST_FACTS:
            return Sql(_ANY_ITEM, (key, key, like_pattern(pattern)))
        case MetadataCompare(key, comparison, literal, Values.FACTS) if key in LIST_FACTS:
            return of_values(Values.FACTS, _metadata(key, comparison, literal, in_list=True))
        case MetadataCompare(key, comparison, literal, values):
            return of_values(values, _metadata(key, comparison, literal))
        case MetadataMatches(key, pattern, values):
            return of_values(values, Sql("asset.metadata ->> %s::text LIKE %s", (key, like_pattern(pattern))))
        case HasTag(value):
            return _is_or_like(_HAS_TAG, value)
        case InProject(value):
            return _is_or_like(_IN_PROJECT, value)
        case InSplit(split, projects):
            return split_sql(split, projects)
        case InDatasource(value):
            return _in_datasource(value)
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
        case HasDigest(digest):
            return digest_sql(digest)
        case NearDuplicate(number):
            return Sql("asset.id IN (SELECT near_duplicate_assets(%s))", (number,))
        case HasText(words, prefix):
            return text_sql(words, prefix=prefix)
        case IntegerCompare(column, comparison, value):
            return Sql(_INTEGERS[column] + " " + SYMBOLS[comparison] + " %s", (value,))
        case TimeCompare(column, comparison, span):
            return in_span_sql(_TIMES[column], (), comparison, span)
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
_ANY_ITEM: LiteralString = (
    "EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(asset.facts -> %s::text)"
    " WHEN 'array' THEN asset.facts -> %s::text ELSE '[]' END) AS item WHERE item LIKE %s)"
)
_HAS_TAG: LiteralString = "EXISTS (SELECT FROM asset_tag WHERE asset_tag.asset_id = asset.id AND asset_tag.tag"


def datasource_named(value: str | Pattern) -> Sql:
    """Whether a row of `datasource` has this name, or one that matches the pattern."""
    if isinstance(value, Pattern):
        return Sql("datasource.name LIKE %s", (like_pattern(value),))
    return Sql("datasource.name = %s", (value,))


def _in_datasource(value: str | Pattern) -> Sql:
    """Checks the governing datasource first; objects of others are searched only if it does not match."""
    named = datasource_named(value)
    text: LiteralString = (
        "(asset.datasource_id IN (SELECT id FROM datasource WHERE " + named.text + ")"  # noqa: S608 - literals
        " OR EXISTS (SELECT FROM object JOIN datasource ON datasource.id = object.datasource_id"
        " WHERE object.asset_id = asset.id AND (asset.state <> {asset.present} OR object.state IN ({known.standing}))"
        " AND " + named.text + "))"
    )
    return Sql(text, named.params * 2)


def _any(parts: list[Sql]) -> Sql:
    return parts[0] if len(parts) == 1 else join(" OR ", parts)


def _path(glob: str, *, literal: bool) -> Sql:
    rooted = glob.startswith("/")
    text = glob.removeprefix("/")
    if literal or "*" not in text:
        # A leading slash means the root. It also matches a key that itself starts with a slash.
        return Sql("asset.key IN (%s, %s)", (text, "/" + text)) if rooted else Sql("asset.key = %s", (text,))
    return Sql("asset.key ~ %s", ("^" + ("/?" if rooted else "") + glob_to_regex(text) + "$",))


def _metadata(key: str, comparison: Comparison, literal: Literal, *, in_list: bool = False) -> Sql:
    if comparison is Comparison.EQ:
        return _metadata_equal(key, literal, in_list=in_list)
    if comparison is Comparison.NE:
        equal = _metadata_equal(key, literal, in_list=in_list)
        return Sql("(asset.metadata ? %s::text AND NOT " + equal.text + ")", (key, *equal.params))
    symbol = SYMBOLS[comparison]
    match literal:
        case Number(_, value):
            # jsonb compares numbers exactly and never fails on a value of another type.
            ordered = ordered_value(key)
            return Sql(
                "(jsonb_typeof(asset.metadata -> %s::text) = 'number' AND "
                + ordered.text
                + " "
                + symbol
                + " %s::jsonb)",
                (key, *ordered.params, str(value)),
            )
        case Span():
            return metadata_time_sql(key, comparison, literal)
        case Text(text) | Boolean(text, _):
            begins = "<=" if comparison in (Comparison.LT, Comparison.LE) else ">="
            return Sql(
                "(jsonb_typeof(asset.metadata -> %s::text) = 'string' AND "
                + (TEXT_BEGIN + " " + begins + ' %s::text AND (asset.metadata ->> %s::text) COLLATE "C" ')
                + symbol
                + " %s::text)",
                (key, key, text[:TEXT_CHARACTERS], key, text),
            )
        case _:
            assert_never(literal)


def _metadata_equal(key: str, literal: Literal, *, in_list: bool) -> Sql:
    """Every literal also matches as the text that was typed. `in_list`: the value is a list, which contains it."""
    if in_list:
        return Sql("asset.metadata @> %s::jsonb", (json.dumps({key: [literal.text]}),))
    parts = equal_values(key, literal)
    if isinstance(literal, Span):
        parts.append(metadata_time_sql(key, Comparison.EQ, literal))
    return _any(parts)


def equal_values(key: str, literal: Literal) -> list[Sql]:
    """Alternatives, one of which holds for each asset with this metadata value. The index on filters supports them."""
    name = json.dumps(key)
    values = [json.dumps(literal.text)]
    match literal:
        case Text() | Span():
            pass
        case Number(_, value):
            values.append(str(value))
        case Boolean(_, value):
            values.append(json.dumps(value))
        case _:
            assert_never(literal)
    return [Sql("asset.metadata @> %s::jsonb", (f"{{{name}:{value}}}",)) for value in values]
