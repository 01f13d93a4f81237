"""Planned operations, processing results and outcomes of objects: the table of outcome kinds.

A kind of outcome is a row of OutcomeKind and its number in Counts. The plan's summary, previews, reports, the command
line, the REST contract and the web pages are derived from them. A new kind also needs the code that records it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import Literal, Self

from mirrorlake.model.public import public_noun


class Op(IntEnum):
    """The operation that a pass plans for one object. UNCHANGED ones are counted, never listed."""

    NEW = 0
    CHANGED = 1  # different bytes at a known key
    COMPANION = 2  # same bytes; a companion changed, appeared or disappeared
    MOVED = 3  # known bytes at another key
    RETURNED = 4  # had vanished, is back with the same token
    VANISHED = 5  # known, but not in the listing
    SKIPPED = 6  # selected, but a rule excludes it from reading
    REFUSED = 7  # found undecodable before, and unchanged
    SHARED = 8  # NEW or CHANGED, but an asset of another datasource has the same bytes: not read again
    GOVERNED = 9  # same bytes, different companion, but an older datasource governs the asset: not read


class ResultKind(IntEnum):
    """The result of processing one object."""

    PROCESSED = 0  # decoded; the facts are filled in
    COMPANIONS_ONLY = 1  # only companions were read, as requested
    REFUSED = 2  # the bytes are undecodable: recorded by token
    FAILED = 3  # a transient error: retried by the next pass
    GONE = 4  # changed or deleted since it was listed: left to the next pass
    SKIPPED = 5  # archived: each pass asks again, until somebody has restored it
    REJECTED = 6  # decodable, but a policy does not allow it: recorded by token and policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Changes of a plan with this operation, optionally only those of known or of unknown keys."""

    op: Op
    known: bool | None = None  # None: either


ORPHANED = "orphaned"  # the group of a preview with objects that vanished or are no longer selected

Tone = Literal["good", "busy", "calm", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """The properties of a kind of outcome."""

    # Changes of a plan that are counted as this kind before the plan is executed. COMPANION rows are counted as the
    # outcome of their role (model/companions.py).
    plan: tuple[Planned, ...] = ()
    sample: str | None = None  # the group of a preview that shows objects of this kind; None: they are only counted
    # The sentence beside the number in a report; None: no line. `{would_be}` is "would be " in a dry run, else empty.
    report: str | None = None
    imports: bool = False  # whether it imports something into the library
    event: bool = True  # whether the one-line summary of a run includes it
    tone: Tone  # its colour in the web pages


class OutcomeKind(StrEnum):
    """The kinds of outcomes of an object in a run, in the order of counts, previews and reports."""

    row: KindRow

    def __new__(cls, name: str, row: KindRow) -> Self:
        """Create a kind with its row."""
        self = str.__new__(cls, name)
        self._value_ = name
        self.row = row
        return self

    @property
    def label(self) -> str:
        """The kind as text for users."""
        return self.value.replace("_", " ")

    NEW = (
        "new",
        KindRow(
            plan=(Planned(op=Op.NEW), Planned(op=Op.SHARED, known=False)),
            sample="new",
            report="{would_be}added to the library",
            imports=True,
            tone="good",
        ),
    )
    CHANGED = (
        "changed",
        KindRow(
            plan=(Planned(op=Op.CHANGED), Planned(op=Op.SHARED, known=True)),
            sample="changed",
            report="{would_be}read again: new bytes at a known key",
            imports=True,
            tone="busy",
        ),
    )
    METADATA_CHANGED = (
        "metadata_changed",
        KindRow(
            sample="metadata_changed",
            report="{would_be}updated: changed sidecar",
            imports=True,
            tone="busy",
        ),
    )
    LABELS_CHANGED = ("labels_changed", KindRow(sample="labels_changed", imports=True, tone="busy"))
    MOVED = (
        "moved",
        KindRow(
            plan=(Planned(op=Op.MOVED),),
            sample="moved",
            report="known bytes at a new key: identity kept",
            tone="busy",
        ),
    )
    MISSING = (
        "missing",
        KindRow(sample=ORPHANED, report="known, but no longer in the bucket or no longer selected: kept", tone="warn"),
    )
    REMOVED = (  # moved to the trash, or removed permanently
        "removed",
        KindRow(
            sample=ORPHANED,
            report="{would_be}moved to the trash or removed: objects gone, or no longer selected",
            tone="warn",
        ),
    )
    UNCHANGED = (  # recorded only with a reason, such as a return
        "unchanged",
        KindRow(
            plan=(Planned(op=Op.RETURNED), Planned(op=Op.GOVERNED)),
            report="",
            event=False,
            tone="calm",
        ),
    )
    SKIPPED = (
        "skipped",
        KindRow(
            plan=(Planned(op=Op.SKIPPED), Planned(op=Op.REFUSED)),
            sample="skipped",
            report="excluded by a rule, archived, or still undecodable or rejected",
            tone="calm",
        ),
    )
    REJECTED = ("rejected", KindRow(report="not allowed by a policy of the datasource", tone="warn"))
    FAILED = ("failed", KindRow(report="could not be processed", tone="bad"))


# The groups of previews, in order.
SAMPLE_GROUPS = tuple(dict.fromkeys(kind.row.sample for kind in OutcomeKind if kind.row.sample is not None))


@public_noun
class Counts:
    """The number of objects per outcome; the terms are defined in docs/glossary.md."""

    listed: int = 0
    selected: int = 0
    # One per OutcomeKind, with its name and in its order.
    new: int = 0
    changed: int = 0
    metadata_changed: int = 0
    labels_changed: int = 0
    moved: int = 0
    missing: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    failed: int = 0
    label_problems: int = 0
    """Label files of the bucket that were not used, or only in part. They are no objects: `failed` excludes them."""

    def of(self, kind: OutcomeKind) -> int:
        """The number of objects with this outcome."""
        return getattr(self, kind.value)

    @property
    def imported(self) -> int:
        """The number of objects that imported something into the library."""
        return sum(self.of(kind) for kind in OutcomeKind if kind.row.imports)

    def summary(self) -> str:
        """A one-line summary; empty if nothing changed."""
        named = [(kind.label, self.of(kind)) for kind in OutcomeKind if kind.row.event]
        named.append(("label problems", self.label_problems))
        return ", ".join(f"{number:,} {name}" for name, number in named if number)

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts)})

    def __neg__(self) -> Counts:
        return Counts(**{one.name: -getattr(self, one.name) for one in fields(Counts)})
