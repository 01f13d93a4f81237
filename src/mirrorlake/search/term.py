"""One `field op value` of a query, scanned but not interpreted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Never

from mirrorlake.search.nodes import Comparison, Node, Not
from mirrorlake.search.scanner import Scanner, Value

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


def as_comparison(symbol: str) -> Comparison:
    """The comparison of an operator without its colon."""
    return _COMPARISONS.get(symbol) or Comparison(symbol)
