"""The assets that an export could not include as asked: all are counted, the first are named.

An export that copies bytes has a file REPORT beside them, with a line for each asset that it lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SHOWN = 20
REPORT = "not-exported.jsonl"  # no label file: imports skip it


@dataclass(slots=True)
class Problems:
    """What could not be exported."""

    count: int = 0
    examples: list[str] = field(default_factory=list[str])

    def add(self, uri: str, reason: str) -> None:
        """Count one asset."""
        self.count += 1
        if len(self.examples) < SHOWN:
            self.examples.append(f"{uri}: {reason}")
