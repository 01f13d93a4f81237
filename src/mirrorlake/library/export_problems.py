"""The assets that an export could not include as asked: all are counted, the first are named."""

from __future__ import annotations

from dataclasses import dataclass, field

SHOWN = 20


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
