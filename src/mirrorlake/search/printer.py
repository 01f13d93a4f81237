"""Print nodes as the text of a query, in one canonical form: equal queries have equal texts. Pure.

    parse(print_query(query)) == query

The only exceptions are queries near the limits of length and nesting: quotes and brackets may add what exceeds them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import assert_never

from mirrorlake.search.nodes import (
    And,
    AnnotationCount,
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
    Leaf,
    LikeImage,
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
    Span,
    StateIs,
    Text,
    TimeCompare,
)
from mirrorlake.search.values import in_order

_PLAIN = re.compile(r"\w[\w./-]*")  # needs no quotes, neither as a word nor as a value
_KEYWORDS = frozenset({"AND", "OR", "NOT"})
_NEGATED = {
    FileName,
    PathMatches,
    InDatasource,
    HasMediaType,
    HasKind,
    HasId,
    HasDigest,
    NearDuplicate,
    HasText,
}  # whose fields also have `!=`


def print_query(query: Query) -> str:
    """The canonical text of a whole query; empty for one that finds everything in the usual order."""
    where = [] if isinstance(query.where, Everything) else [print_node(query.where)]
    likeness = [] if query.likeness is None else [print_likeness(query.likeness)]
    return " ".join([*where, *likeness, *(print_sort(sort) for sort in query.sorts)])


def print_likeness(likeness: Likeness) -> str:
    """What a result is similar to, as in `like:"red truck"`."""
    match likeness:
        case LikeText(text):
            return f"like:{_value(text)}"
        case LikeImage(number):
            return f"like-image:{number}"


def print_sort(sort: Sort) -> str:
    """A sort, as in `sort:size:desc`."""
    by = f"{sort.by.values}.{sort.by.key}" if isinstance(sort.by, MetadataColumn) else sort.by.value
    return f"sort:{by}:desc" if sort.descending else f"sort:{by}"


def print_node(node: Node) -> str:
    """The canonical text of a term, without brackets around it."""
    match node:
        case And(terms):
            return _range(node) or _not_matching(node) or " ".join(_in_brackets(term) for term in terms)
        case Or(terms):
            return " OR ".join(_in_brackets(term) if isinstance(term, Or) else print_node(term) for term in terms)
        case Not(term):
            return _negated(term) or f"-{_in_brackets(term)}"
        case _:
            return _leaf(node)


def is_range(node: And) -> bool:
    """Whether two comparisons are written as one range, as in `width:80..90`."""
    return _range(node) is not None


def print_pattern(pattern: Pattern) -> str:
    """A pattern with its stars."""
    return "*".join(pattern.pieces)


def quote(text: str) -> str:
    r"""A text in quotation marks, with `\"` and `\\` inside."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _in_brackets(node: Node) -> str:
    text = print_node(node)
    joined = isinstance(node, Or) or (isinstance(node, And) and not _range(node) and not _not_matching(node))
    return f"({text})" if joined else text


def _range(node: And) -> str | None:
    """`low..high` for two comparisons that include both ends of one value."""
    match node.terms:
        case (IntegerCompare(column, Comparison.GE, low), IntegerCompare(same, Comparison.LE, high)) if (
            same is column and in_order(low, high)
        ):
            return f"{column.value}:{low}..{high}"
        case (TimeCompare(column, Comparison.GE, low), TimeCompare(same, Comparison.LE, high)) if (
            same is column and in_order(low, high)
        ):
            return f"{column.value}:{low.text}..{high.text}"
        case (
            MetadataCompare(key, Comparison.GE, (Number() | Span()) as low, values),
            MetadataCompare(same_key, Comparison.LE, (Number() | Span()) as high, same_values),
        ) if (key, values) == (same_key, same_values) and in_order(low, high):
            return f"{values}.{key}:{low.text}..{high.text}"
        case _:
            return None


def _not_matching(node: And) -> str | None:
    """`metadata.key!=pattern`: the key is there, with a value that does not match."""
    match node.terms:
        case (MetadataExists(key, values), Not(MetadataMatches() as term)) if (term.key, term.values) == (key, values):
            return f"{values}.{key}!={print_pattern(term.pattern)}"
        case (MetadataExists(key, values), Not(MetadataExists() as term)) if (term.key, term.values) == (key, values):
            return f"{values}.{key}!=*"
        case _:
            return None


def _negated(term: Node) -> str | None:
    """`field!=value` for the fields that have it."""
    if type(term) not in _NEGATED and not (isinstance(term, StateIs) and term.state is not None):
        return None
    name, _, value = print_node(term).partition(":")
    return f"{name}!={value}"


def _leaf(leaf: Leaf) -> str:
    match leaf:
        case Everything():
            return ""
        case NameContains(text):
            return text if _PLAIN.fullmatch(text) and text not in _KEYWORDS else quote(text)
        case FileName(value):
            return f"filename:{_value(value)}"
        case PathMatches(glob, literal):
            return f"path:{quote(glob) if literal else glob}"
        case MetadataExists(key, values):
            return f"{values}.{key}:*"
        case MetadataCompare(key, comparison, literal, values):
            return f"{values}.{key}{_operator(comparison)}{print_literal(literal)}"
        case MetadataMatches(key, pattern, values):
            return f"{values}.{key}:{print_pattern(pattern)}"
        case HasTag(value):
            return f"tag:{_value(value)}"
        case InProject(value):
            return f"project:{_value(value)}"
        case InSplit(split):
            return f"split:{'none' if split is None else split.value}"
        case InDatasource(value):
            return f"datasource:{_value(value)}"
        case HasClass(value, comparison, count):
            counted = "" if (comparison, count) == (Comparison.GE, 1) else f"{comparison.value}{count}"
            return f"class:{_value(value)}{counted}"
        case AnnotationCount(comparison, count):
            if (comparison, count) == (Comparison.GE, 1):
                return "has:annotations"
            return f"{'min' if comparison is Comparison.GE else 'max'}-annotations:{count}"
        case HasBox(measure, bounds):
            return f"{measure.value}{_bounds(bounds)}"
        case HasMediaType(value):
            return f"type:{_value(value)}"
        case HasKind(kind):
            return f"kind:{kind.value}"
        case HasId(number):
            return f"id:{number}"
        case HasDigest(digest):
            return f"digest:{digest}"
        case NearDuplicate(number):
            return f"near-duplicate:{number}"
        case HasText(words, prefix):
            # A star ends an unquoted value, which has no spaces.
            return f"text:{'-'.join(words)}*" if prefix or not words else f"text:{_value(' '.join(words))}"
        case IntegerCompare(column, comparison, value):
            return f"{column.value}{_operator(comparison)}{value}"
        case TimeCompare(column, comparison, span):
            return f"{column.value}{_operator(comparison)}{span.text}"
        case StateIs(state):
            return f"state:{'any' if state is None else state.value}"
        case _:
            assert_never(leaf)


def print_literal(literal: Literal) -> str:
    """A metadata value: texts in quotes, so that their type is visible."""
    return quote(literal.text) if isinstance(literal, Text) else literal.text


def _value(value: str | Pattern) -> str:
    if isinstance(value, Pattern):
        return print_pattern(value)
    return value if _PLAIN.fullmatch(value) else quote(value)


def _operator(comparison: Comparison) -> str:
    return ":" if comparison is Comparison.EQ else comparison.value


def _bounds(bounds: tuple[tuple[Comparison, Decimal], ...]) -> str:
    match bounds:
        case ((comparison, number),):
            return f"{_operator(comparison)}{print_decimal(number)}"
        case _:
            low, high = (number for _, number in bounds)
            return f":{print_decimal(low)}..{print_decimal(high)}"


def print_decimal(number: Decimal) -> str:
    """A decimal number without an exponent and without zeros at its end."""
    text = format(number.copy_abs(), "f")  # a size is never negative, but zero can have a sign
    return text.rstrip("0").rstrip(".") if "." in text else text
