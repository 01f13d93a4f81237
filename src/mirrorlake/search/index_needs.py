"""The values that a query would read from an index of their own, and the index for each. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlake.model.search_indexes import IndexedValue, IndexSource
from mirrorlake.search.nodes import (
    And,
    Boolean,
    Comparison,
    IntegerCompare,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    Node,
    Not,
    Number,
    Or,
    Query,
    SortColumn,
    Span,
    TimeCompare,
    Values,
)

_VALUES = {Values.METADATA: IndexSource.METADATA, Values.FACTS: IndexSource.FACTS}
_TEXTS = {Values.METADATA: IndexSource.METADATA_TEXT, Values.FACTS: IndexSource.FACTS_TEXT}
# Every library has these orders indexed.
PERMANENT = frozenset({SortColumn.ID, SortColumn.NAME, SortColumn.KEY, SortColumn.UPDATED})
# The columns that an index can be made for, as they are sorted by.
COLUMNS = frozenset(SortColumn) - PERMANENT


def needed_indexes(query: Query) -> frozenset[IndexedValue]:
    """The values whose index would answer conditions of the query, negated numbers too, or its order."""
    sorts = query.sorts if len(query.sorts) == 1 else ()
    return (
        needed_by_node(query.where)
        | frozenset(_of_negations(query.where))
        | {one for sort in sorts if (one := of_sort(sort.by)) is not None}
    )


def needed_by_node(node: Node) -> frozenset[IndexedValue]:
    """The values whose index would answer conditions."""
    return frozenset(_of_node(node))


def of_sort(by: SortColumn | MetadataColumn) -> IndexedValue | None:
    """The value that an order needs an index for; None if it always has one."""
    match by:
        case MetadataColumn(key, values):
            return IndexedValue(_VALUES[values], key)
        case SortColumn():
            return IndexedValue(IndexSource.COLUMN, by.value) if by in COLUMNS else None


def _of_node(node: Node) -> Iterator[IndexedValue]:
    match node:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _of_node(term)
        case Not():
            return  # of most assets it holds
        case MetadataExists(key, values):
            yield IndexedValue(_VALUES[values], key)
        case MetadataCompare(key, comparison, literal, values):
            yield from _of_comparison(key, comparison, literal, values)
        case IntegerCompare(column):
            yield IndexedValue(IndexSource.COLUMN, column.value)
        case TimeCompare(column) if SortColumn(column.value) in COLUMNS:
            yield IndexedValue(IndexSource.COLUMN, column.value)
        case _:
            return


def _of_negations(node: Node) -> Iterator[IndexedValue]:
    """If all assets have a number under a key, those that are not less are greater or equal."""
    match node:
        case And(terms):
            for term in terms:
                yield from _of_negations(term)
        case Not(MetadataCompare(key, comparison, Number() as number, values)):
            yield from _of_comparison(key, comparison, number, values)
        case _:
            return


def _of_comparison(key: str, comparison: Comparison, literal: object, values: Values) -> Iterator[IndexedValue]:
    if comparison is Comparison.EQ and isinstance(literal, Span):
        yield IndexedValue(_TEXTS[values], key)  # `2026-01-31` is all times of that day
    if comparison not in (Comparison.EQ, Comparison.NE) and not isinstance(literal, Boolean):
        yield IndexedValue((_VALUES if isinstance(literal, Number) else _TEXTS)[values], key)
