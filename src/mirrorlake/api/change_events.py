"""What callers have changed since a stream was last written: which kinds of things, and which assets. Pure.

Edits of single assets, annotations and projects are no jobs, but each of them is recorded as activity in its own
transaction. The newest few records are compared with those of the last time, so that one that becomes visible late is
found too. Names and values stay out: a stream needs no permission to read those.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from mirrorlake.model.activity import Activity, Subject

NEWEST: Final = 50  # records that are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was changed."""

    subjects: tuple[str, ...]  # kinds, see `Subject`
    assets: tuple[str, ...]  # ids
    more: bool  # whether other assets may have been changed too


def changes_between(known: Collection[int], newest: Sequence[Activity]) -> Changes | None:
    """What of the newest records, latest first, is not known by its id; None if nothing is.

    Where all of them are new, there may be older ones that are new too.
    """
    new = [one for one in newest if one.id not in known and not one.refused]
    if not new:
        return None
    return Changes(
        subjects=tuple(sorted({one.subject_kind for one in new})),
        assets=tuple(dict.fromkeys(one.subject for one in new if one.subject_kind == Subject.ASSET)),
        more=len(newest) >= NEWEST and not any(one.id in known for one in newest),
    )
