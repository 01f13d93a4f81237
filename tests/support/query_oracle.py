"""The meaning of a query in plain Python over plain values: the oracle of the SQL."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import assert_never

from mirrorlake.model.assets import AssetState, Scalar
from mirrorlake.model.media import MediaKind
from mirrorlake.model.picture_texts import words_of
from mirrorlake.model.splits import Split
from mirrorlake.search.nodes import (
    And,
    AnnotationCount,
    Boolean,
    BoxMeasure,
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
    IntegerCompare,
    Literal,
    MetadataColumn,
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
    Sort,
    Span,
    StateIs,
    Text,
    TimeCompare,
    Values,
)
from mirrorlake.search.splits import bind_splits

_OPERATORS = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One asset as the tables hold it."""

    id: int
    datasource: str
    also_in: str | None
    key: str
    name: str
    state: AssetState
    kind: MediaKind
    type: str
    size: int
    width: int | None
    height: int | None
    created: datetime
    updated: datetime
    modified: datetime | None
    tags: frozenset[str]
    projects: Mapping[str, Split | None]
    classes: Mapping[str, int]  # the number of annotations of each
    boxes: tuple[tuple[float, float], ...]  # width and height of the boxes of some annotations
    metadata: Mapping[str, Scalar]
    facts: Mapping[str, Scalar]
    digest: bytes
    in_parts: bool  # whether it is the digest of parts only
    hash: int | None  # of the picture, from -2**63; equal for equal digests
    text: str | None = None  # that was read in the picture; equal for equal digests
    looks_like: frozenset[int] = frozenset()  # see `with_likeness`

    def named(self, values: Values) -> Mapping[str, Scalar]:
        return self.facts if values is Values.FACTS else self.metadata


def with_likeness(rows: list[Row]) -> list[Row]:
    """The rows, each with the ids of its near-duplicates: all pairs are compared."""
    return [replace(row, looks_like=frozenset(one.id for one in rows if _alike(row, one))) for row in rows]


def _alike(row: Row, other: Row) -> bool:
    if row.digest == other.digest:
        return True
    return row.hash is not None and other.hash is not None and ((row.hash ^ other.hash) & (2**64 - 1)).bit_count() <= 8


def ids(query: Query, rows: list[Row]) -> list[int]:
    """The ids that a query answers, in its order."""
    where = bind_splits(query.where)
    found = [row for row in rows if _matches(where, row) and (_names_trash(query.where) or not _trashed(row))]
    found.sort(key=lambda row: row.id, reverse=query.sorts[-1].descending if query.sorts else True)
    for sort in reversed(query.sorts):
        known = [row for row in found if _sort_value(sort, row) is not None]
        known.sort(key=lambda row: _sort_value(sort, row), reverse=sort.descending)
        found = known + [row for row in found if _sort_value(sort, row) is None]
    return [row.id for row in found]


def _box_size(measure: BoxMeasure, box: tuple[float, float], row: Row) -> float | None:
    if measure is BoxMeasure.AREA:
        return box[0] * box[1]
    return None if row.width is None or row.height is None else min(box[0] * row.width, box[1] * row.height)


def _trashed(row: Row) -> bool:
    return row.state is AssetState.TRASH


def _names_trash(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(map(_names_trash, node.terms))
    if isinstance(node, Not):
        return _names_trash(node.term)
    return isinstance(node, StateIs) and node.state in (None, AssetState.TRASH)


def _sort_value(sort: Sort, row: Row) -> tuple[int, Scalar] | Scalar | datetime | None:
    if isinstance(sort.by, MetadataColumn):
        value = row.named(sort.by.values).get(sort.by.key)
        if value is None:
            return None
        rank = 2 if isinstance(value, bool) else 0 if isinstance(value, str) else 1  # texts, numbers, booleans
        return rank, value
    return getattr(row, sort.by.value)


def _matches(node: Node, row: Row) -> bool:
    match node:
        case And(terms):
            return all(_matches(term, row) for term in terms)
        case Or(terms):
            return any(_matches(term, row) for term in terms)
        case Not(term):
            return not _matches(term, row)
        case Everything():
            return True
        case NameContains(text):
            return any(form.lower() in row.name.lower() for form in _forms(text))
        case FileName(str() as text):
            return any(form.lower() == row.name.rsplit("/", 1)[-1].lower() for form in _forms(text))
        case FileName(Pattern(pieces)):
            last = row.name.rsplit("/", 1)[-1].lower()
            return any(_like([form(p).lower() for p in pieces], last) for form in (str, _nfc, _nfd))
        case PathMatches(glob, literal):
            return (
                row.key in ({glob.removeprefix("/"), "/" + glob[1:]} if glob.startswith("/") else {glob})
                if literal
                else _glob(glob, row.key)
            )
        case MetadataExists(key, values):
            return key in row.named(values)
        case MetadataCompare(key, comparison, literal, values):
            return key in row.named(values) and _metadata(row.named(values)[key], comparison, literal)
        case MetadataMatches(key, Pattern(pieces), values):
            return key in row.named(values) and _like(pieces, _text(row.named(values)[key]))
        case HasTag(Pattern(pieces)):
            return any(_like(pieces, tag) for tag in row.tags)
        case HasTag(str() as tag):
            return tag in row.tags
        case InProject(Pattern(pieces)):
            return any(_like(pieces, project) for project in row.projects)
        case InProject(str() as project):
            return project in row.projects
        case InSplit(split, ()):
            return split in row.projects.values()
        case InSplit(split, projects):
            named = (part for name, part in row.projects.items() if any(_named(one, name) for one in projects))
            return split in named
        case InDatasource(Pattern(pieces)):
            return any(_like(pieces, name) for name in (row.datasource, row.also_in) if name is not None)
        case InDatasource(name):
            return name in (row.datasource, row.also_in)
        case HasClass(Pattern(pieces), comparison, count):
            matching = sum(number for name, number in row.classes.items() if _like(pieces, name))
            return _OPERATORS[comparison](matching, count)
        case HasClass(str() as name, comparison, count):
            return _OPERATORS[comparison](row.classes.get(name, 0), count)
        case AnnotationCount(comparison, count):
            return _OPERATORS[comparison](sum(row.classes.values()), count)
        case HasBox(measure, bounds):
            return any(
                all(_OPERATORS[comparison](size, float(wanted)) for comparison, wanted in bounds)
                for box in row.boxes
                if (size := _box_size(measure, box, row)) is not None
            )
        case HasMediaType(value):
            return row.type == value if "/" in value else row.type.split("/")[0] == value
        case HasKind(kind):
            return row.kind is kind
        case HasId(number):
            return row.id == number
        case HasDigest(digest):
            return not row.in_parts and row.digest.hex() == digest
        case NearDuplicate(number):
            return number in row.looks_like
        case HasText(words, prefix):
            return _has_words(row.text or "", words, prefix=prefix)
        case IntegerCompare(column, comparison, value):
            number = getattr(row, column.value)
            return number is not None and _OPERATORS[comparison](number, value)
        case TimeCompare(column, comparison, span):
            moment = getattr(row, column.value)
            # An unknown moment is neither inside nor outside any span.
            return moment is not None and _span(moment, comparison, span)
        case StateIs(state):
            return state is None or row.state is state
        case _:
            assert_never(node)


def _has_words(text: str, words: tuple[str, ...], *, prefix: bool) -> bool:
    """Compare the words of the text at each position."""
    if not words:
        return bool(text)
    found = words_of(text)
    for start in range(len(found) - len(words) + 1):
        here = found[start : start + len(words)]
        if here == list(words) or (prefix and here[:-1] == list(words[:-1]) and here[-1].startswith(words[-1])):
            return True
    return False


def _named(wanted: str | Pattern, name: str) -> bool:
    return wanted == name if isinstance(wanted, str) else _like(wanted.pieces, name)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _forms(text: str) -> set[str]:
    return {text, _nfc(text), _nfd(text)}


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _like(pieces: list[str] | tuple[str, ...], text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pieces)), text, re.DOTALL) is not None


def _glob(glob: str, key: str) -> bool:
    """Walk glob and key side by side, trying every way."""
    if glob.startswith("/"):
        return any(_walk(glob[1:], rest, start=True) for rest in {key, key.removeprefix("/")})
    return _walk(glob, key, start=True)


def _walk(glob: str, key: str, *, start: bool) -> bool:
    if not glob:
        return not key
    if glob.startswith("**/") and start:
        rest = glob[3:]
        # Zero folders, or any number of them: after each slash the rest may begin.
        cuts = [0, *(at + 1 for at, ch in enumerate(key) if ch == "/")]
        return any(_walk(rest, key[cut:], start=True) for cut in cuts)
    if glob.startswith("**"):
        return any(_walk(glob[2:], key[cut:], start=False) for cut in range(len(key) + 1))
    if glob.startswith("*"):
        first = key.find("/") if "/" in key else len(key)
        return any(_walk(glob[1:], key[cut:], start=False) for cut in range(first + 1))
    return key.startswith(glob[0]) and _walk(glob[1:], key[1:], start=glob[0] == "/")


def _metadata(value: Scalar, comparison: Comparison, literal: Literal) -> bool:
    if comparison is Comparison.NE:
        return not _metadata(value, Comparison.EQ, literal)
    if comparison is Comparison.EQ and value == literal.text:
        return True
    match literal:
        case Number(_, number):
            return (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and _OPERATORS[comparison](Decimal(str(value)), number)
            )
        case Boolean(_, truth):
            return value is truth
        case Span():
            moment = _moment(value)
            return moment is not None and _span(moment, comparison, literal)
        case Text(text):
            return isinstance(value, str) and _OPERATORS[comparison](value, text)
        case _:
            assert_never(literal)


def _moment(value: Scalar) -> datetime | None:
    if not isinstance(value, str):
        return None
    if re.fullmatch(r"\d{4}-\d\d", value):
        value += "-01"
    if not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _span(moment: datetime, comparison: Comparison, span: Span) -> bool:
    match comparison:
        case Comparison.EQ:
            return span.start <= moment < span.end
        case Comparison.NE:
            return not span.start <= moment < span.end
        case Comparison.LT:
            return moment < span.start
        case Comparison.LE:
            return moment < span.end
        case Comparison.GT:
            return moment >= span.end
        case Comparison.GE:
            return moment >= span.start
        case _:
            assert_never(comparison)
