"""What a pass has to do about one object, how reading it ended, and what happened to it: the table of outcome kinds.

A kind of outcome is a row of OutcomeKind and its number in Counts. The plan's summary, previews, reports, the command
line, the REST contract and the web pages follow from them; what is left is the code that gives objects this outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import Literal, Self

from mirrorlake.model.public import public_noun


class Op(IntEnum):
    """What a pass has to do about one object. UNCHANGED ones are counted, never listed."""

    NEW = 0
    CHANGED = 1  # other bytes under a known key
    COMPANION = 2  # same bytes, another companion (or one came, or went)
    MOVED = 3  # known bytes under another key
    RETURNED = 4  # had vanished, is back with the same token
    VANISHED = 5  # known, but not in the listing
    SKIPPED = 6  # selected, but a rule excludes it from reading
    REFUSED = 7  # undecodable before and the same bytes now
    SHARED = 8  # NEW or CHANGED, but the asset of another datasource holds the very bytes: they are not read again
    GOVERNED = 9  # same bytes, another companion, but an older datasource governs the asset: it is not read


class ResultKind(IntEnum):
    """The result of processing one object."""

    PROCESSED = 0  # decoded; the facts are filled in
    COMPANIONS_ONLY = 1  # only companions were read, as asked
    REFUSED = 2  # the bytes themselves are unusable: remembered by token
    FAILED = 3  # a passing error: tried again next pass
    GONE = 4  # changed or deleted since it was listed: left to the next pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Changes of a plan: those with this op, and only where the catalog knew the key before, or did not."""

    op: Op
    known: bool | None = None  # None: either


ORPHANED = "orphaned"  # the group of a preview with what vanished, or matches no pattern any more

Tone = Literal["good", "busy", "calm", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """What follows from a kind of outcome."""

    # Changes of a plan that count under this kind before anything is done about them. COMPANION rows count under the
    # outcome of their role (model/companions.py).
    plan: tuple[Planned, ...] = ()
    sample: str | None = None  # the group of a preview that shows objects of this kind; None: they are only counted
    # The sentence beside the number in a report; None: no line. `{would_be}` is "would be " in a dry run, else empty.
    report: str | None = None
    imports: bool = False  # whether it brings something into the library
    event: bool = True  # whether a summary of a run in one line names it
    tone: Tone  # how the web pages colour it


class OutcomeKind(StrEnum):
    """What happened to one object in a run. The order is that of counts, previews and reports."""

    row: KindRow

    def __new__(cls, name: str, row: KindRow) -> Self:
        """A kind with its row."""
        self = str.__new__(cls, name)
        self._value_ = name
        self.row = row
        return self

    @property
    def label(self) -> str:
        """The kind for people."""
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
            report="{would_be}read again: new bytes under a known key",
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
            report="known bytes under a new key: identity kept",
            tone="busy",
        ),
    )
    MISSING = (
        "missing",
        KindRow(sample=ORPHANED, report="known, but no longer in the bucket: kept", tone="warn"),
    )
    REMOVED = (  # into the trash, or for good
        "removed",
        KindRow(
            sample=ORPHANED,
            report="{would_be}moved to the trash or removed: objects gone",
            tone="warn",
        ),
    )
    UNCHANGED = (  # stored only with a reason to name, such as a return
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
            report="excluded by a rule, or still undecodable",
            tone="calm",
        ),
    )
    FAILED = ("failed", KindRow(report="could not be processed", tone="bad"))


# Of previews, in their order.
SAMPLE_GROUPS = tuple(dict.fromkeys(kind.row.sample for kind in OutcomeKind if kind.row.sample is not None))


@public_noun
class Counts:
    """How many objects each outcome has; the words are defined in docs/glossary.md."""

    listed: int = 0
    selected: int = 0
    # One for each OutcomeKind, with its name and in its order.
    new: int = 0
    changed: int = 0
    metadata_changed: int = 0
    labels_changed: int = 0
    moved: int = 0
    missing: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0

    def of(self, kind: OutcomeKind) -> int:
        """The number of this outcome."""
        return getattr(self, kind.value)

    @property
    def imported(self) -> int:
        """How many objects brought something into the library."""
        return sum(self.of(kind) for kind in OutcomeKind if kind.row.imports)

    def summary(self) -> str:
        """What happened, in as few words as things happened; empty where nothing did."""
        return ", ".join(f"{self.of(kind):,} {kind.label}" for kind in OutcomeKind if kind.row.event and self.of(kind))

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts)})
