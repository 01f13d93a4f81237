"""What the index on filters can find: alternatives, one of which holds for each asset that matches a query. Pure.

The index `asset_by_filter` holds metadata values, the trigrams of names, folders, media types, kinds and ids in ranges.
PostgreSQL may not use it for an OR inside a condition, so alternatives are asked for one after the other. The query
itself is checked as well.
"""

from __future__ import annotations

import re
from typing import LiteralString

from mirrorlake.search.conditions import compile_node, equal_values
from mirrorlake.search.names_sql import file_name, name_contains, rarest_part
from mirrorlake.search.nodes import (
    And,
    Comparison,
    FileName,
    HasId,
    HasKind,
    HasMediaType,
    HasTag,
    HasText,
    InProject,
    MetadataCompare,
    NameContains,
    Node,
    Not,
    Or,
    PathMatches,
    Pattern,
    Span,
    Values,
)
from mirrorlake.search.sql import Sql, join

BLOCK_BITS = 16  # of an id: as in the index and in the table library_count
LEVEL_BITS = 2  # a range of one level has four of the level below
LEVELS = 4  # in the index
MOST_ALTERNATIVES = 8
_RANGES: LiteralString = (
    "ARRAY[(asset.id >> 16 << 2)::integer, (asset.id >> 18 << 2)::integer + 1, (asset.id >> 20 << 2)::integer + 2,"
    " (asset.id >> 22 << 2)::integer + 3] @> %s::integer[]"
)
_PLACES: LiteralString = (
    "(string_to_array(substring(asset.key from '^(.*)/'), '/')"
    " || ARRAY[asset.media_type, '/' || asset.kind, '//' || asset.datasource_id::text]) @> %s::text[]"
)
_TRIGRAM = re.compile(r"[^\W_]{3}")  # less than that is in every name


def range_sql(level: int, number: int) -> Sql:
    """Whether the id of an asset is in the range of this number: of 65,536 ids on level 0, of four times more on 1."""
    return Sql(_RANGES, (f"{{{(number << LEVEL_BITS) + level}}}",))


def kind_sql(kind: str) -> Sql:
    """Whether an asset is of this kind, as the index answers it."""
    return _places_sql(["/" + kind])


def media_type_sql(media_type: str) -> Sql:
    """Whether an asset has exactly this media type, as the index answers it."""
    return _places_sql([media_type])


def governed_sql(datasource: int) -> Sql:
    """Whether this datasource governs an asset, as the index answers it."""
    return _places_sql([f"//{datasource}"])


def filters_of(node: Node) -> tuple[Sql, ...]:
    """Alternatives that the index answers, one of which holds wherever `node` does; none if there are too many."""
    match node:
        case And(terms):
            each = sorted((found for term in terms if (found := filters_of(term))), key=len)
            return _all_of(each)
        case Or(terms):
            every = [filters_of(term) or _joined(term) for term in terms]
            found = tuple(one for alternatives in every for one in alternatives)
            return found if all(every) and len(found) <= MOST_ALTERNATIVES else ()
        case Not():
            return ()
        case MetadataCompare(key, Comparison.EQ, literal, Values.METADATA) if not isinstance(literal, Span):
            return tuple(equal_values(key, literal))
        case NameContains(text) if _TRIGRAM.search(text):
            return tuple(name_contains(rarest_part((text,)) or text))
        case FileName(value) if any(_TRIGRAM.search(piece) for piece in _pieces(value)):
            part = rarest_part(_pieces(value))
            return tuple(name_contains(part) if part else file_name(value))
        case PathMatches(glob, literal) if not literal:
            return _folders_sql(glob)
        case HasMediaType(value) if "/" in value:
            return (media_type_sql(value),)
        case HasKind(kind):
            return (kind_sql(kind.value),)
        case HasText():
            return (compile_node(node),)
        case _:
            return ()


def _joined(node: Node) -> tuple[Sql, ...]:
    """An alternative beside others that another index answers; alone, PostgreSQL plans it better without ranges."""
    match node:
        case HasTag(str()) | InProject(str()) | HasId():
            return (compile_node(node),)
        case _:
            return ()


def _all_of(each: list[tuple[Sql, ...]]) -> tuple[Sql, ...]:
    """All of these at once, without those that would make too many alternatives: the query is checked anyway."""
    found: tuple[Sql, ...] = ()
    for alternatives in each:
        if not found:
            found = alternatives
        elif len(found) * len(alternatives) <= MOST_ALTERNATIVES:
            found = tuple(join(" AND ", [one, other]) for one in found for other in alternatives)
    return found


def _pieces(value: str | Pattern) -> tuple[str, ...]:
    return value.pieces if isinstance(value, Pattern) else (value,)


def _folders_sql(glob: str) -> tuple[Sql, ...]:
    """Every folder that the glob names without a star is a folder of every key that it matches."""
    folders = [name for name in glob.split("/")[:-1] if name and "*" not in name]
    return (_places_sql(folders),) if folders else ()


def folder_of(node: Node) -> tuple[Sql, bool] | None:
    """A range of keys that all matches have, if a query is the path of a folder and nothing else.

    Also whether all of these keys match. The index on keys answers it without reading assets.
    """
    if not isinstance(node, PathMatches) or node.literal or node.glob.startswith("/"):
        return None
    folder = node.glob.partition("*")[0].rpartition("/")[0]
    # The next character after "/" ends the keys that begin with the folder.
    keys = Sql("asset.key >= %s AND asset.key < %s", (folder + "/", folder + "0"))
    return (keys, node.glob == folder + "/**") if folder else None


def _places_sql(places: list[str]) -> Sql:
    return Sql(_PLACES, ("{" + ",".join('"' + re.sub(r'(["\\\\])', r"\\\1", place) + '"' for place in places) + "}",))
