"""Random queries for property tests, and the text that each of them is written as."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_never

from hypothesis import strategies as st

from mirrorlake.model.assets import AssetState
from mirrorlake.model.media import MediaKind
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
    IntegerColumn,
    IntegerCompare,
    LikeImage,
    LikeText,
    Literal,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    NameContains,
    NearDuplicate,
    Node,
    Not,
    Or,
    PathMatches,
    Pattern,
    Query,
    Sort,
    SortColumn,
    StateIs,
    Text,
    TimeColumn,
    TimeCompare,
    Values,
)
from mirrorlake.search.values import read_number, read_span

FRAGMENTS = [
    "a",
    "b",
    "ab",
    "B",
    "1",
    "%",
    "_",
    "\\",
    '"',
    "'",
    "é",
    "e\u0301",
    "É",
    "/",
    ".",
    "-",
    " ",
    "(",
    "🦝",
    "\n",
]
KEYS = ["k", "n", "a.b", "flag", "day"]
TAGS = ["new", "New", "50%", "to_do", "a b", "é"]
SOURCES = ["one", "two", "no such"]

texts = st.lists(st.sampled_from(FRAGMENTS), max_size=4).map("".join)
_pieces = st.lists(st.sampled_from(["a", "b", "%", "_", "\\", "é", "1", "."]), max_size=2).map("".join)
patterns = st.lists(_pieces, min_size=2, max_size=4).map(lambda pieces: Pattern(tuple(pieces)))
keys = st.sampled_from(KEYS)
comparisons = st.sampled_from(list(Comparison))
_quarters = st.sampled_from(["0", "0.25", "0.5", "1"]).map(Decimal)
_bounds = st.one_of(
    st.tuples(st.tuples(comparisons.filter(lambda one: one is not Comparison.NE), _quarters)),
    st.tuples(_quarters, _quarters).map(sorted).map(lambda ends: ((Comparison.GE, ends[0]), (Comparison.LE, ends[1]))),
)


def _found(value: Literal | None) -> Literal:
    assert value is not None
    return value


numbers = (
    st.sampled_from(["0", "1", "-1", "1.0", "1.5", "2", "1e0", "10", "80", "1e2", "9007199254740993", "0.1"])
    | st.integers(-3, 100).map(str)
).map(lambda text: _found(read_number(text)))
spans = st.sampled_from(
    [
        "2026-01",
        "2025-12",
        "2026-01-01",
        "2026-01-31",
        "2024-02-29",
        "2026-01-01T10:00",
        "2026-01-01T10:00:30Z",
        "2026-01-01T12:00+02:00",
    ]
).map(lambda text: _found(read_span(text)))
booleans = st.sampled_from([("true", True), ("false", False), ("TRUE", True)]).map(lambda one: Boolean(*one))
literals = st.one_of(texts.map(Text), numbers, spans)


stores = st.sampled_from([Values.METADATA, Values.METADATA, Values.FACTS])


# Words as `words_of` returns them, and whether the last one may go on.
WORDS = ["a", "ab", "b", "1", "e", "exit", "only", "出", "口"]
picture_words = st.one_of(
    st.just(((), False)), st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple), st.booleans())
)


leaves: st.SearchStrategy[Node] = st.one_of(
    texts.map(NameContains),
    st.one_of(texts, patterns).map(FileName),
    st.lists(st.sampled_from(["*", "**/", "a", "b", "/", "%", ".", "1"]), min_size=1, max_size=5)
    .map("".join)
    .filter(lambda glob: "***" not in glob)
    .map(lambda glob: PathMatches(glob, literal=False)),
    texts.filter(bool).map(lambda path: PathMatches(path, literal=True)),
    st.builds(MetadataExists, keys, stores),
    st.builds(MetadataCompare, keys, comparisons, literals, stores),
    st.builds(MetadataCompare, keys, st.sampled_from([Comparison.EQ, Comparison.NE]), booleans, stores),
    st.builds(MetadataMatches, keys, patterns.filter(lambda pattern: any(pattern.pieces)), stores),
    st.one_of(st.sampled_from(TAGS), patterns).map(HasTag),
    st.one_of(st.sampled_from(TAGS), patterns).map(InProject),
    st.sampled_from([*Split, None]).map(InSplit),
    st.one_of(st.sampled_from(SOURCES), patterns).map(InDatasource),
    st.one_of(st.sampled_from(TAGS), patterns).map(HasClass),
    st.builds(HasClass, st.one_of(st.sampled_from(TAGS), patterns), comparisons, st.integers(0, 3)),
    st.builds(AnnotationCount, st.sampled_from([Comparison.GE, Comparison.LE]), st.integers(0, 3)),
    st.builds(HasBox, st.sampled_from(list(BoxMeasure)), _bounds),
    st.sampled_from(["image", "image/png", "image/jpeg", "ima", "im%ge"]).map(HasMediaType),
    st.sampled_from(list(MediaKind)).map(HasKind),
    st.integers(0, 50).map(HasId),
    st.integers(0, 50).map(lambda number: HasDigest(number.to_bytes(32).hex())),
    st.integers(0, 50).map(NearDuplicate),
    picture_words.map(lambda found: HasText(*found)),
    st.builds(IntegerCompare, st.sampled_from(list(IntegerColumn)), comparisons, st.integers(0, 12)),
    st.builds(TimeCompare, st.sampled_from(list(TimeColumn)), comparisons, spans),
    st.sampled_from([*AssetState, None]).map(StateIs),
)


def _several(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    many = st.lists(children, min_size=2, max_size=4).map(tuple)
    return st.one_of(many.map(And), many.map(Or), children.map(Not))


nodes = st.recursive(leaves, _several, max_leaves=8)
sorts = st.builds(
    Sort, st.one_of(st.sampled_from(list(SortColumn)), st.builds(MetadataColumn, keys, stores)), st.booleans()
)
queries = st.builds(Query, st.one_of(nodes, st.just(Everything())), st.lists(sorts, max_size=2).map(tuple))


# What a search may look for near the beginning of the result first, with other conditions or without.
_folders = st.sampled_from(["a/**", "a/*", "a/1/*", "a/**/b", "//**", "/a/**", "a%/**", "/**", "a/b*", "a/b", "a/"])
_times = st.builds(MetadataCompare, keys, comparisons, spans, st.just(Values.METADATA))
_first = st.one_of(
    _folders.map(lambda glob: PathMatches(glob, literal=False)),
    picture_words.map(lambda found: HasText(*found)),
    _times,
    _times,
)
_others = st.one_of(_first, leaves, leaves.map(Not))
_by_id = st.sampled_from([(), (Sort(SortColumn.ID, descending=False),), (Sort(SortColumn.ID, descending=True),)])
of_first_candidates = st.builds(
    Query,
    st.one_of(_first, _first.map(Not), st.tuples(_first, _others).map(And), st.tuples(_first, _others).map(Or)),
    st.one_of(_by_id, _by_id, sorts.map(lambda sort: (sort,))),
)


likenesses = st.one_of(texts.filter(str.strip).map(LikeText), st.integers(0, 50).map(LikeImage))
ranked_queries = st.builds(Query, st.one_of(nodes, st.just(Everything())), st.just(()), likenesses)


def write(query: Query) -> str:
    """The query as a person could have typed it."""
    where = [] if isinstance(query.where, Everything) else [_nested(query.where)]
    match query.likeness:
        case LikeText(text):
            where.append(f"like:{_quoted(text)}")
        case LikeImage(number):
            where.insert(0, f"like-image:{number}")
        case None:
            where = [] if isinstance(query.where, Everything) else [_write(query.where)]
    return " ".join([*where, *(_write_sort(sort) for sort in query.sorts)])


def _write_sort(sort: Sort) -> str:
    by = f"{sort.by.values}.{sort.by.key}" if isinstance(sort.by, MetadataColumn) else sort.by.value
    return f"sort:{by}:desc" if sort.descending else f"sort:{by}"


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _stars(value: str | Pattern) -> str:
    return _quoted(value) if isinstance(value, str) else "*".join(value.pieces)


def _nested(node: Node) -> str:
    return f"({_write(node)})" if isinstance(node, And | Or) else _write(node)


def _write(node: Node) -> str:
    match node:
        case And(terms):
            return " ".join(_nested(term) for term in terms)
        case Or(terms):
            return " OR ".join(_nested(term) if isinstance(term, Or) else _write(term) for term in terms)
        case Not(term):
            return f"NOT {_nested(term)}"
        case Everything():
            raise AssertionError("only a whole query can be empty")
        case NameContains(text):
            return text if re.fullmatch(r"[a-z0-9]+", text) else _quoted(text)
        case FileName(value):
            return f"filename:{_stars(value)}"
        case PathMatches(glob, literal):
            return f"path:{_quoted(glob) if literal else glob}"
        case MetadataExists(key, values):
            return f"{values}.{key}:*"
        case MetadataCompare(key, comparison, literal, values):
            value = _quoted(literal.text) if isinstance(literal, Text) else literal.text
            return f"{values}.{key}{comparison.value}{value}"
        case MetadataMatches(key, pattern, values):
            return f"{values}.{key}:{_stars(pattern)}"
        case HasTag(value):
            return f"tag:{_stars(value)}"
        case InProject(value):
            return f"project:{_stars(value)}"
        case InSplit(split):
            return f"split:{'none' if split is None else split.value}"
        case InDatasource(value):
            return f"datasource:{_stars(value)}"
        case HasClass(value, comparison, count):
            return f"class:{_stars(value)}{'' if node == HasClass(value) else f'{comparison.value}{count}'}"
        case AnnotationCount(comparison, count):
            return f"{'min' if comparison is Comparison.GE else 'max'}-annotations:{count}"
        case HasBox(measure, ((Comparison.GE, low), (Comparison.LE, high))):
            return f"{measure.value}:{low}..{high}"
        case HasBox(measure, bounds):
            return f"{measure.value}{bounds[0][0].value}{bounds[0][1]}"
        case HasMediaType(value):
            return f"type:{value}"
        case HasKind(kind):
            return f"kind:{kind.value}"
        case HasId(number):
            return f"id:{number}"
        case HasDigest(digest):
            return f"digest:{digest.upper()}"
        case NearDuplicate(number):
            return f"near-duplicate:{number}"
        case HasText((), _):
            return "has:text"
        case HasText(words, prefix):
            return f"text:{'/'.join(words)}*" if prefix else f"text:{_quoted(', '.join(words))}"
        case IntegerCompare(column, comparison, value):
            return f"{column.value}{comparison.value}{value}"
        case TimeCompare(column, comparison, span):
            return f"{column.value}{comparison.value}{span.text}"
        case StateIs(state):
            return f"state:{state.value if state else 'any'}"
        case _:
            assert_never(node)


MOMENTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=6 * step) for step in range(-8, 9)] + [
    datetime(2026, 1, 1, 10, 0, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 2, 1, tzinfo=UTC),
]

# What people, scripts and attackers put into a search field.
PIECES = [
    "(", ")", '"', "\\", "-", " ", "AND", "OR", "NOT", "metadata.", "metadata:", "k", ":", ">", ">=", "!=", "=",
    "..", "*", "**", "tag:", "sort:", "path:", "size>", "created<", "state:", "id:", "2026-01-01", "80", "1e999",
    "%", "';--", "\0", "\ud800", "🦝", "é", "\n", "\t", "/", "999999999999999999999999", "0000-00-00",
    "9999-12-31", "0001-01-01T00:00+14:00", "-0", "1mb", "٣", "NaN",
]  # fmt: skip
junk = st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=60))
