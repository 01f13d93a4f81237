"""Conditions on times as SQL: columns, and texts under a metadata key that are ISO dates or times. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import LiteralString, assert_never

from mirrorlake.core.iso_time import ISO_MONTH, ISO_TIME
from mirrorlake.search.nodes import And, Comparison, MetadataCompare, Node, Span, Values
from mirrorlake.search.sql import Param, Sql

TEXT_CHARACTERS = 200  # that an index on texts holds
TEXT_BEGIN: LiteralString = 'left(asset.metadata ->> %s::text, 200) COLLATE "C"'
# Of a text that is an ISO month, date or time. A month is its first day.
_MOMENT: LiteralString = (
    "(CASE length(asset.metadata ->> %s::text) WHEN 7 THEN (asset.metadata ->> %s::text) || '-01'"
    " ELSE asset.metadata ->> %s::text END)::timestamptz"
)


def candidates(node: Node) -> tuple[str, Sql] | None:
    """A condition that holds wherever `node` does, and the key on whose texts an index answers it.

    It checks no time.

    Reading a text as a time costs ten times as much as reading the asset.
    """
    match node:
        case And(terms):
            return next((found for term in terms if (found := candidates(term)) is not None), None)
        case MetadataCompare(key, comparison, Span() as span, Values.METADATA) if comparison is not Comparison.NE:
            return key, Sql(TEXT_BEGIN + " BETWEEN %s::text AND %s::text", (key, *_text_bounds(comparison, span)))
        case _:
            return None


def metadata_time_sql(key: str, comparison: Comparison, span: Span) -> Sql:
    """Compare the text under a metadata key, if it is an ISO month, date or time, with a span."""
    compared = in_span_sql(_MOMENT, (key, key, key), comparison, span)
    first, last = _text_bounds(comparison, span)
    # The text comparison leaves few values for the slower pattern. CASE keeps values that are not times from the cast.
    return Sql(
        "(" + TEXT_BEGIN + " BETWEEN %s::text AND %s::text AND "
        'CASE WHEN (asset.metadata ->> %s::text) COLLATE "C" BETWEEN %s::text AND %s::text'
        " AND jsonb_typeof(asset.metadata -> %s::text) = 'string' AND asset.metadata ->> %s::text ~ '"
        + ISO_TIME
        + "|"
        + ISO_MONTH
        + "' THEN "
        + compared.text
        + " ELSE FALSE END)",
        (key, first, last, key, first, last, key, key, *compared.params),
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


def in_span_sql(value: LiteralString, params: tuple[Param, ...], comparison: Comparison, span: Span) -> Sql:
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
