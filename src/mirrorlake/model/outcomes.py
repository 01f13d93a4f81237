"""What a pass has to do about one object, how reading it ended, and what happened to it."""

from __future__ import annotations

from enum import IntEnum


class Op(IntEnum):
    """What a pass has to do about one object. UNCHANGED ones are counted, never listed."""

    NEW = 0
    CHANGED = 1  # other bytes under a known key
    COMPANION = 2  # same bytes, another companion (or one came, or went)
    MOVED = 3  # known bytes under another key
    RETURNED = 4  # had vanished, is back with the same token
    VANISHED = 5  # known, but not in the listing
    SKIPPED = 6  # selected, but a rule says not to read it
    REFUSED = 7  # undecodable before and the same bytes now
    SHARED = 8  # NEW or CHANGED, but the asset of another datasource holds the very bytes: they are not read again
    GOVERNED = 9  # same bytes, another companion, but an older datasource governs the asset: it is not read


class ResultKind(IntEnum):
    """How looking at one object ended."""

    PROCESSED = 0  # decoded; the facts are filled in
    COMPANIONS_ONLY = 1  # only companions were read, as asked
    REFUSED = 2  # the bytes themselves are unusable: remembered by token
    FAILED = 3  # a passing error: tried again next pass
    GONE = 4  # changed or deleted since it was listed: the next pass sees what stands there now
