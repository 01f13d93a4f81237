"""Indexes that mirrorlake makes for searches, each for one value of an asset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.public import public_noun


class IndexSource(StrEnum):
    """Where the value of an index comes from."""

    METADATA = "metadata"  # numbers, existence and order
    FACTS = "facts"  # the same, of what was read from the bytes
    METADATA_TEXT = "metadata-text"  # texts and dates
    FACTS_TEXT = "facts-text"
    COLUMN = "column"  # such as size


class IndexState(StrEnum):
    """Whether searches can use an index."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class IndexedValue:
    """The value that an index is for: a metadata key, a fact or a column."""

    source: IndexSource
    key: str


@public_noun
class SearchIndex:
    """An index that mirrorlake made since searches need it or many assets have the value, and drops if none uses it."""

    id: int
    source: IndexSource
    """The kind of value: metadata and facts (numbers, existence, order), metadata-text and facts-text (texts, dates),
    or column."""
    key: str
    """The metadata key, fact or column."""
    state: IndexState
    bytes: int
    """Its size on disk; 0 until it is built."""
    why: str
    """The reason why it was made."""
    created: datetime
    built: datetime | None
    last_used: datetime | None
    """When a search used it last. Null if none has."""
    uses: int
    """How often it was used since the statistics of the database began."""
    error: str | None
    """Why it could not be built."""


@public_noun
class IndexMaintenance:
    """What one job of index maintenance did."""

    made: tuple[str, ...]
    """The values that indexes were built for."""
    dropped: tuple[str, ...]
    failed: tuple[str, ...]
