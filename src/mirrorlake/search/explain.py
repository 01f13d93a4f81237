"""Explain how a query was understood: its tree in plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from mirrorlake.core.text import count_noun
from mirrorlake.model.query_explanations import ExplainedQuery, ExplainedTerm
from mirrorlake.model.splits import Split
from mirrorlake.search.likeness import MOST_ALIKE
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
    Likeness,
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
    names_trash,
)
from mirrorlake.search.printer import (
    is_range,
    print_decimal,
    print_likeness,
    print_node,
    print_pattern,
    print_query,
    quote,
)
from mirrorlake.search.scanner import Value
from mirrorlake.search.splits import bind_splits
from mirrorlake.search.values import read_literal

_NO_CASE = "in upper or lower case"
_ORDERS = {
    Comparison.LT: "less than",
    Comparison.LE: "at most",
    Comparison.GT: "greater than",
    Comparison.GE: "at least",
}
_UNITS = {
    IntegerColumn.SIZE: ("byte", "bytes"),
    IntegerColumn.WIDTH: ("pixel", "pixels"),
    IntegerColumn.HEIGHT: ("pixel", "pixels"),
}
_MOMENTS = {
    TimeColumn.CREATED: "was added to the library",
    TimeColumn.UPDATED: "last changed in the library",
    TimeColumn.MODIFIED: "was last modified in its bucket",
}
_UNKNOWN = frozenset({SortColumn.MODIFIED, SortColumn.WIDTH, SortColumn.HEIGHT})
_TIMES = frozenset({SortColumn.CREATED, SortColumn.UPDATED, SortColumn.MODIFIED})


def explain_query(text: str, query: Query, notes: tuple[str, ...] = ()) -> ExplainedQuery:
    """Explain the query that was parsed from `text`."""
    trash = (
        "Assets in the trash are included: the query names their state."
        if names_trash(query.where)
        else "Assets in the trash are left out."
    )
    return ExplainedQuery(
        query=text,
        canonical=print_query(query),
        terms=(*_terms(bind_splits(query.where), 0), *_likeness(query.likeness)),
        trash=trash,
        order=tuple(_order(query.sorts)) if query.likeness is None else ("similarity, most similar first",),
        notes=notes,
    )


def _terms(node: Node, depth: int) -> Iterator[ExplainedTerm]:
    match node:
        case And((first, second)) if is_range(node):
            yield _term(node, depth, f"{_leaf(first)} and {_upper_end(second)}")
            return
        case And(terms):
            yield _term(node, depth, "all of these:")
        case Or(terms):
            yield _term(node, depth, "at least one of these:")
        case Not(And() | Or() | Not() as term):
            yield _term(node, depth, "not this:")
            terms = (term,)
        case Not(term):
            yield _term(node, depth, f"not: {_leaf(term)}")
            return
        case _:
            yield _term(node, depth, _leaf(node))
            return
    for term in terms:
        yield from _terms(term, depth + 1)


def _likeness(likeness: Likeness | None) -> Iterator[ExplainedTerm]:
    if likeness is None:
        return
    what = (
        f"shows something like {quote(likeness.text)}"
        if isinstance(likeness, LikeText)
        else f"is similar to that of the asset {likeness.id}"
    )
    text = f"of these, up to {MOST_ALIKE:,} whose picture {what}"
    yield ExplainedTerm(depth=0, text=text, query=print_likeness(likeness))


def _term(node: Node, depth: int, text: str) -> ExplainedTerm:
    return ExplainedTerm(depth=depth, text=text, query=print_node(node))


def _leaf(leaf: Node) -> str:
    match leaf:
        case And() | Or() | Not():
            raise AssertionError(leaf)  # `_terms` takes these apart
        case Everything():
            return "every asset"
        case NameContains(text):
            return f"the name contains {quote(text)}, {_NO_CASE}"
        case FileName(value):
            return f"the name after its last / {_is(value)}, {_NO_CASE}"
        case PathMatches(glob, literal):
            return f"the object key is {quote(glob)}" if literal else f"the object key matches the glob {glob}"
        case MetadataExists(key, values):
            return f"has the {values.key} {key}"
        case MetadataCompare(key, comparison, literal, values):
            return f"the {values.key} {key} {_compared(comparison, literal)}"
        case MetadataMatches(key, pattern, values):
            return f"the {values.key} {key}, as text, {_is(pattern)}"
        case HasTag(value):
            return _has("has", "tag", value)
        case InProject(value):
            return _has("is in", "project", value)
        case InSplit(split, projects):
            return _in_split(split, projects)
        case InDatasource(value):
            return _has("belongs to", "datasource", value)
        case HasMediaType(value):
            return f"the media type is {value}" if "/" in value else f"the media type begins with {value}/"
        case HasKind(kind):
            return f"the kind of media is {kind.value}"
        case HasId(number):
            return f"the id is {number}"
        case HasDigest(digest):
            return f"the content has the BLAKE3 digest {digest}"
        case NearDuplicate(number):
            return f"the picture looks almost like that of the asset {number}, or the bytes are equal"
        case HasText(words, prefix):
            return _has_text(words, prefix=prefix)
        case IntegerCompare(column, comparison, value):
            return f"the {column.value} is {_amount(comparison)}{count_noun(value, *_UNITS[column])}"
        case TimeCompare(column, comparison, span):
            return f"{_MOMENTS[column]} {_within(comparison, span)}"
        case StateIs(state):
            return "in any state" if state is None else f"the state is {state.value}"
        case HasClass() | AnnotationCount() | HasBox():
            return _labels(leaf)
        case _:
            assert_never(leaf)


def _upper_end(node: Node) -> str:
    """The second half of the sentence of a range."""
    match node:
        case MetadataCompare(_, comparison, Span() as span):
            return _within(comparison, span)
        case MetadataCompare(_, comparison, Number(_, number)):
            return f"{_ORDERS[comparison]} {_exact(number)}"
        case IntegerCompare(column, comparison, value):
            return f"{_amount(comparison)}{count_noun(value, *_UNITS[column])}"
        case TimeCompare(_, comparison, span):
            return _within(comparison, span)
        case _:
            raise AssertionError(node)  # `is_range` names the comparisons of ranges


def _labels(leaf: HasClass | AnnotationCount | HasBox) -> str:
    match leaf:
        case HasClass(value, comparison, count):
            name = f"of the class {quote(value)}" if isinstance(value, str) else f"of classes: the name {_is(value)}"
            return f"has {_amount(comparison)}{count_noun(count, 'annotation')} {name}"
        case AnnotationCount(comparison, count):
            return f"has {_amount(comparison)}{count_noun(count, 'annotation')}"
        case HasBox(measure, bounds):
            sizes = " and ".join(f"{_amount(comparison)}{print_decimal(number)}" for comparison, number in bounds)
            if measure is BoxMeasure.AREA:
                return f"has an annotation whose box covers {sizes} of the area of the image, from 0 to 1"
            return f"has an annotation whose box has a shorter side of {sizes} pixels"


def _in_split(split: Split | None, projects: tuple[str | Pattern, ...]) -> str:
    part = "is in no split" if split is None else f"is in the split {split.value}"
    if not projects:
        return f"{part} of any project"
    return f"{part} of " + " or ".join(
        f"the project {quote(one)}" if isinstance(one, str) else f"a project: the name {_is(one)}" for one in projects
    )


def _is(value: str | Pattern) -> str:
    if isinstance(value, str):
        return f"is {quote(value)}"
    return f"matches {print_pattern(value)} (* is any text)"


def _has_text(words: tuple[str, ...], *, prefix: bool) -> str:
    if not words:
        return "text was read in the picture"
    what = f"a word that begins with {quote(words[-1])}" if prefix else f"the word {quote(words[-1])}"
    before = f"{quote(' '.join(words[:-1]))}, followed by " if len(words) > 1 and prefix else ""
    if len(words) > 1 and not prefix:
        what = f"the words {quote(' '.join(words))} one after the other"
    return f"the text in the picture has {before}{what}, without regard to case and accents"


def _has(verb: str, noun: str, value: str | Pattern) -> str:
    if isinstance(value, str):
        return f"{verb} the {noun} {quote(value)}"
    if not any(value.pieces):
        return f"{verb} any {noun}"
    return f"{verb} a {noun} that {_is(value)}"


def _amount(comparison: Comparison) -> str:
    match comparison:
        case Comparison.EQ:
            return "exactly "
        case Comparison.NE:
            return "any number but "
        case _:
            return f"{_ORDERS[comparison]} "


def _compared(comparison: Comparison, literal: Literal) -> str:
    text = f"the text {quote(literal.text)}"
    match comparison:
        case Comparison.EQ:
            return f"is {' or '.join([*_typed(literal), text])}{_quoted_number(literal)}"
        case Comparison.NE:
            others = [*_typed(literal), text]
            return f"has a value, but not {' and not '.join(others)}"
        case _:
            pass
    match literal:
        case Number(_, number):
            return f"is a number {_ORDERS[comparison]} {_exact(number)}"
        case Span():
            return f"is a time {_within(comparison, literal)}"
        case Text() | Boolean():
            order = {"less than": "before", "at most": "up to", "greater than": "after", "at least": "from"}
            return f"is a text {order[_ORDERS[comparison]]} {quote(literal.text)} in the order of characters"
        case _:
            assert_never(literal)


def _typed(literal: Literal) -> list[str]:
    """A literal as what it was read as, apart from a text."""
    match literal:
        case Number(_, number):
            return [f"the number {_exact(number)}"]
        case Boolean(text, _):
            return [text]
        case Span():
            return [f"a time {_within(Comparison.EQ, literal)}"]
        case Text():
            return []
        case _:
            assert_never(literal)


def _quoted_number(literal: Literal) -> str:
    """A reminder where quotes turned a number, a boolean or a date into a text."""
    if not isinstance(literal, Text):
        return ""
    match read_literal(Value(literal.text, 0, quoted=False)):
        case Number():
            return " only: the quotation marks exclude the number"
        case Boolean():
            return " only: the quotation marks exclude the boolean"
        case Span():
            return " only: the quotation marks exclude other ways to write this time"
        case Text():
            return ""


def _exact(number: Decimal) -> str:
    return str(number)


def _within(comparison: Comparison, span: Span) -> str:
    match comparison:
        case Comparison.EQ:
            return f"from {_moment(span.start)} to before {_moment(span.end)}"
        case Comparison.NE:
            return f"outside of {_moment(span.start)} to before {_moment(span.end)}"
        case Comparison.LT:
            return f"before {_moment(span.start)}"
        case Comparison.LE:
            return f"before {_moment(span.end)}"
        case Comparison.GT:
            return f"at {_moment(span.end)} or later"
        case Comparison.GE:
            return f"at {_moment(span.start)} or later"
        case _:
            assert_never(comparison)


def _moment(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ").removesuffix(":00") + " UTC"


def _order(sorts: tuple[Sort, ...]) -> Iterator[str]:
    for sort in sorts:
        yield _sort(sort)
    newest = sorts[-1].descending if sorts else True
    yield f"the time of being added to the library, {'newest' if newest else 'oldest'} first"


def _sort(sort: Sort) -> str:
    if isinstance(sort.by, MetadataColumn):
        name, missing = f"{sort.by.values.key} {sort.by.key}", ", assets without it last"
    else:
        name, missing = sort.by.value, ", assets without it last" if sort.by in _UNKNOWN else ""
    if sort.by in _TIMES:
        direction = "newest first" if sort.descending else "oldest first"
    elif sort.by in (SortColumn.SIZE, SortColumn.WIDTH, SortColumn.HEIGHT, SortColumn.ID):
        direction = "largest first" if sort.descending else "smallest first"
    else:
        direction = "descending" if sort.descending else "ascending"
    return f"{name}, {direction}{missing}"
