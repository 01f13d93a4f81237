"""One `field op value` of a query, scanned but not interpreted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Never

from mirrorlake.search.nodes import Comparison, Node, Not, Span
from mirrorlake.search.scanner import Scanner, Value
from mirrorlake.search.values import RangeEnd, in_order

METADATA_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*")
_COMPARISONS = {"": Comparison.EQ, "=": Comparison.EQ, "==": Comparison.EQ}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One `field op value`, scanned but not interpreted."""

    field: str
    field_at: int
    comparison: Comparison
    op_at: int
    value: Value
    scanner: Scanner

    def reject(self, message: str, fix: str) -> Never:
        """Reject the value."""
        raise self.scanner.error(message, fix, at=self.value.at)

    def require_equals(self, fix: str = "") -> None:
        """Reject every operator except `:` and `=`."""
        if self.comparison is not Comparison.EQ:
            raise self.scanner.error(
                f"{self.field} does not support {self.comparison.value}.",
                fix or f"Write {self.field}:value.",
                at=self.op_at,
            )

    def allow_negation(self, node: Node) -> Node:
        """`node` for `:`, its negation for `!=`, no other operator. Only for facts that every asset has."""
        if self.comparison is Comparison.NE:
            return Not(node)
        self.require_equals(f"Only : and != work with {self.field}.")
        return node

    def require_order(self, low: RangeEnd, high: RangeEnd) -> None:
        """Reject a range that nothing can be in."""
        if in_order(low, high):
            return
        first, _, second = self.value.text.partition("..")
        if type(low) is not type(high):
            self.reject(
                f"The ends of a range are of one kind: {first} is {_kind(low)}, {second} is {_kind(high)}.",
                "Write two numbers, as in 70..80, or two dates, as in 2026-01..2026-03.",
            )
        self.reject(
            f"The range is reversed: {first} is greater than {second}.", f"Write {self.field}:{second}..{first}."
        )


def _kind(end: RangeEnd) -> str:
    return "a date" if isinstance(end, Span) else "a number"


def as_comparison(symbol: str) -> Comparison:
    """The comparison of an operator without its colon."""
    return _COMPARISONS.get(symbol) or Comparison(symbol)
