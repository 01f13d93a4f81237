"""Conditions on the annotations of an asset as SQL. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import LiteralString

from mirrorlake.search.nodes import BoxMeasure, Comparison, Pattern
from mirrorlake.search.sql import SYMBOLS, Param, Sql, join, like_pattern


def class_sql(value: str | Pattern, comparison: Comparison, count: int) -> Sql:
    """Whether the number of annotations of a class compares."""
    if isinstance(value, Pattern):
        return _annotation_count(_OF_CLASS + "LIKE %s)", (like_pattern(value),), comparison, count)
    return _annotation_count(_OF_CLASS + "= %s)", (value,), comparison, count)


def _annotation_count(rows: LiteralString, params: tuple[Param, ...], comparison: Comparison, count: int) -> Sql:
    if (comparison, count) in ((Comparison.GE, 1), (Comparison.GT, 0)):
        return Sql("EXISTS (SELECT " + rows + ")", params)  # which the planner can begin with, unlike a count
    counted = Sql("(SELECT count(*) " + rows + ") " + SYMBOLS[comparison] + " %s", (*params, count))
    if SYMBOLS[comparison] not in (">", ">=", "=") or count < 1:
        return counted
    # Assets without annotations need not be counted: the first condition follows from the second.
    return Sql("(EXISTS (SELECT " + rows + ") AND " + counted.text + ")", (*params, *counted.params))


def annotation_count_sql(comparison: Comparison, count: int) -> Sql:
    """Whether the number of annotations of any class compares."""
    return _annotation_count(_ANNOTATIONS, (), comparison, count)


def has_box_sql(measure: BoxMeasure, bounds: Sequence[tuple[Comparison, Decimal]]) -> Sql:
    """Whether an annotation has a box within these bounds."""
    parts = [Sql(_MEASURES[measure] + " " + SYMBOLS[comparison] + " %s", (float(n),)) for comparison, n in bounds]
    passes = join(" AND ", parts)
    return Sql("EXISTS (SELECT " + _ANNOTATIONS + " AND " + passes.text + ")", passes.params)


_MEASURES: dict[BoxMeasure, LiteralString] = {
    BoxMeasure.AREA: "annotation.width * annotation.height",
    BoxMeasure.SIDE: "least(annotation.width * asset.width, annotation.height * asset.height)",
}
_ANNOTATIONS: LiteralString = "FROM annotation WHERE annotation.asset_id = asset.id"
_OF_CLASS: LiteralString = (
    "FROM annotation WHERE annotation.asset_id = asset.id"
    " AND annotation.class_id IN (SELECT label_class.id FROM label_class WHERE label_class.name "
)
