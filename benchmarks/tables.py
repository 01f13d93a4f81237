"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_TENTHS = 10.0  # above this, a second decimal says nothing


def number(value: float) -> str:
    """A measured value with as many decimals as mean anything."""
    if value >= 10 * _TENTHS:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= _TENTHS else f"{value:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One measurement: a title, rows, and sentences below them."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """As Markdown, numbers to the right."""
        lines = [
            f"## {self.title}",
            "",
            f"| {' | '.join(self.head)} |",
            f"|---|{'---:|' * (len(self.head) - 1)}",
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
        ]
        return "\n".join([*lines, *(f"- {note}" for note in self.notes), ""])
