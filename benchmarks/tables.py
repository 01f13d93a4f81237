"""Results as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

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


def store(path: Path, tables: Iterable[Table]) -> None:
    """Keep what is measured only once, with its day."""
    path.write_text(json.dumps({"day": f"{datetime.now(UTC):%Y-%m-%d}", "tables": [asdict(each) for each in tables]}))


def stored(path: Path) -> list[Table]:
    """What `store` kept, marked with its day; nothing where it kept nothing."""
    if not path.exists():
        return []
    kept = json.loads(path.read_text())
    note = f"Measured once, on {kept['day']}, when this library was made."
    return [
        Table(
            title=each["title"],
            head=tuple(each["head"]),
            rows=[tuple(row) for row in each["rows"]],
            notes=[*each["notes"], note],
        )
        for each in kept["tables"]
    ]
