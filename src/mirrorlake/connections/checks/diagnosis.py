"""From a failed request to its likely cause and a fix: the first row of the tables that fits. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirrorlake.connections.checks.symptom import Symptom


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is probably wrong, and what to do, ready to copy."""

    row: str  # the name of the row that fits
    cause: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One known problem. `cause` and `fix` are formatted with the symptom `s` and its connection `c`."""

    name: str
    applies: Callable[[Symptom], bool]
    cause: str
    fix: str

    def diagnosis(self, symptom: Symptom) -> Diagnosis:
        """The problem in the words of a symptom."""
        names = {"s": symptom, "c": symptom.subject}
        return Diagnosis(row=self.name, cause=self.cause.format_map(names), fix=self.fix.format_map(names))


def first_of(rows: tuple[Row, ...], symptom: Symptom) -> Diagnosis | None:
    """The diagnosis of the first row that fits; None if none does."""
    return next((row.diagnosis(symptom) for row in rows if row.applies(symptom)), None)


def code(*codes: str) -> Callable[[Symptom], bool]:
    """Whether the server answered with one of these codes."""
    return lambda symptom: symptom.code in codes
