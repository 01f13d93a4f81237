"""Compile the nodes of a query into SQL over the `asset` table. Pure; values are always bound parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString, assert_never

from mirrorlake.core.errors import UsageError
from mirrorlake.model.assets import STATE_NUMBERS
from mirrorlake.model.media import LIST_FACTS
from mirrorlake.search.digests import digest_sql, members_sql
from mirrorlake.search.filters import Indexed, filters_of, folder_of
from mirrorlake.search.glob_regex import glob_to_regex
from mirrorlake.search.label_sql import annotation_count_sql, class_sql, has_box_sql
from mirrorlake.search.names_sql import file_name, name_contains, rarest_part
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
    Query,
    SortColumn,
    Span,
    StateIs,
    Text,
    TimeColumn,
    TimeCompare,
    Values,
    names_trash,
)
from mirrorlake.search.order_sql import SortKey, of_values, order_sql, ordered_value, sort_key
from mirrorlake.search.picture_texts import one_by_one, text_sql, texts_sql
from mirrorlake.search.splits import bind_splits, split_sql
from mirrorlake.search.sql import SYMBOLS, Sql, join, like, like_pattern
from mirrorlake.search.times_sql import TEXT_BEGIN, TEXT_CHARACTERS, candidates, in_span_sql, metadata_time_sql

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    """A condition and an order over the table `asset`.

    Run it in a session whose time zone is UTC: metadata times without a zone are read as UTC.
    `order` ends with the id, so that pages never overlap.
    """

    where: Sql
    by_row: Sql  # `where` for assets that are checked one after the other
    checked: Sql  # `by_row` beside a filter, where it need not find names by an index
    order: Sql
    filters: tuple[Sql, ...] = ()  # one of them holds if `where` does; an index answers each
    nothing: bool = False  # no asset matches
    most: int | None = None  # how many assets match at most; None: unknown
    # Holds if `where` does, and costs less where there is an index on the texts of this key.
    candidates: tuple[str, Sql] | None = None
    folder: tuple[Sql, Sql] | None = None  # a range of keys in which all matches are, and what holds of them
    members: tuple[Sql, ...] = ()  # each selects ids, in which all that match are, from an index in their order
    texts: tuple[Sql, ...] = ()  # each selects texts in pictures, one of which each asset that matches has
    only_texts: bool = False  # of the conditions, only those on texts have an index that selects
    trash: bool = False  # whether the query names the trash or any state
    keys: tuple[SortKey, ...] = ()  # what `order` consists of, the id apart
    id_descending: bool = True


def compile_query(query: Query) -> CompiledQuery:
    """Compile a query. Assets in the trash are excluded unless the query names the trash or any state.

    Raises UsageError for a likeness: it ranks assets, and is no condition.
    """
    if query.likeness is not None:
        raise UsageError(
            "A likeness (like: or like-image:) ranks the result of a search. It selects nothing on its own.",
            "Search with it, and name the assets by their ids, or tag them.",
        )
    where = compile_node(bind_splits(query.where))
    trash = names_trash(query.where)
    if not trash:
        where = join(" AND ", [Sql("asset.state <> {asset.trash}"), where])
    by_id = next((place for place, sort in enumerate(query.sorts, 1) if sort.by is SortColumn.ID), None)
    sorts = query.sorts[:by_id]  # ids differ, so nothing sorts after them
    keys = tuple(sort_key(sort) for sort in sorts)
    id_descending = sorts[-1].descending if sorts else True  # newest first if nothing was asked
    by_row = one_by_one(where)
    return CompiledQuery(
        where=where,
        by_row=by_row,
        # The filter has the part of a name that few share. All of it would read the lists of what all names share.
        checked=Sql(by_row.text.replace("asset.name ILIKE", "(asset.name || '') ILIKE"), where.params),
        order=order_sql(keys, id_descending=id_descending),
        filters=filters_by_index(query.where),
        candidates=candidates(query.where),
        folder=_folder(query.where),
        members=tuple(_members(query.where)),
        texts=tuple(_texts(query.where)),
        only_texts=_only_texts(query.where),
        trash=trash,
        keys=keys,
        id_descending=id_descending,
    )


def filters_by_index(node: Node) -> tuple[Sql, ...]:
    """Alternatives that the index on filters answers, one of which holds wherever `node` does; none if it cannot."""
    return filters_of(node, _indexed)


def _folder(node: Node) -> tuple[Sql, Sql] | None:
    found = folder_of(node)
    if found is None:
        return None
    keys, whole = found
    return keys, keys if whole else join(" AND ", [keys, compile_node(node)])


def _members(node: Node) -> Iterator[Sql]:
    match node:
        case And(terms):
            for term in terms:
                yield from _members(term)
        case HasDigest(digest):
            yield members_sql(digest)
        case HasTag(str(value)):
            yield Sql("SELECT asset_id FROM asset_tag WHERE tag = %s", (value,))
        case InProject(str(value)):
            yield Sql(
                "SELECT asset_id FROM project_asset WHERE project_id = (SELECT id FROM project WHERE name = %s)",
                (value,),
            )
        case _:
            return


def _only_texts(node: Node) -> bool:
    """Whether all that match have words in their pictures, and no other condition has the index on filters."""
    match node:
        case And(terms):
            texts = [_only_texts(term) for term in terms]
            others = (term for term, is_text in zip(terms, texts, strict=True) if not is_text)
            return any(texts) and not any(filters_by_index(term) for term in others)
        case HasText():
            return True
        case _:
            return False


def _texts(node: Node) -> Iterator[Sql]:
    match node:
        case And(terms):
            for term in terms:
                yield from _texts(term)
        case HasText(words, prefix):
            yield from texts_sql(words, prefix=prefix)
        case _:
            return


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


def _indexed(leaf: Indexed) -> list[Sql]:
    """The alternatives of a condition of which an index answers each."""
    match leaf:
        case NameContains(text):
            return name_contains(rarest_part((text,)) or text)
        case FileName(value):
            part = rarest_part((value,) if isinstance(value, str) else value.pieces)
            return name_contains(part) if part else file_name(value)
        case MetadataCompare(key, _, literal):
            return _equal_values(key, literal)
        case HasTag() | InProject() | HasId() | HasText():
            return [_leaf(leaf)]


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
    parts = _equal_values(key, literal)
    if isinstance(literal, Span):
        parts.append(metadata_time_sql(key, Comparison.EQ, literal))
    return _any(parts)


def _equal_values(key: str, literal: Literal) -> list[Sql]:
    """Containment, which the index on filters supports."""
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
