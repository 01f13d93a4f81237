"""Objects, key ranges and listing results as stores report them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from mirrorlake.core.dates import read_date
from mirrorlake.model.public import public_noun


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """Keys of one prefix, optionally only those with `after < key <= until` in byte order.

    Examples: `KeyRange(prefix="photos/")` is a whole folder; two neighbours that share a bound
    (`until="m"`, `after="m"`) cover it without gap or overlap.
    """

    prefix: str = ""
    after: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeDigest:
    """The known objects with `after < key <= until`, all of them present, as one digest."""

    after: str
    until: str
    objects: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRanges:
    """Digests that were computed from one snapshot of the catalog."""

    snapshot: str  # as of `pg_current_snapshot()`
    ranges: tuple[RangeDigest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Keys that a listing does not cover because of an error: they may exist or be gone."""

    range: KeyRange
    reason: str  # one sentence

    @property
    def place(self) -> str:
        """A description of the range."""
        if self.range.after is None:
            upto = "" if self.range.until is None else f" up to {self.range.until!r}"
            return f"below {self.range.prefix!r}{upto}" if self.range.prefix else f"everything{upto}"
        return f"after {self.range.after!r}" + ("" if self.range.until is None else f" up to {self.range.until!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedKey:
    """An entry of a store that no catalog can hold as an object."""

    shown: str  # for display: escaped or shortened, never a key to request
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedRange:
    """Proof that one range was listed to its end without an error, except its gaps."""

    range: KeyRange
    pages: int
    objects: int
    unsupported: tuple[UnsupportedKey, ...] = ()
    gaps: tuple[Gap, ...] = ()  # folders below that could not be listed, though the keys after them could


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """The object of an asset, with what identifies exactly the bytes that were mirrored."""

    datasource: str  # name
    key: str
    token: str
    version: str | None  # id, if the bucket keeps versions
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """One object as a HEAD reports it."""

    key: str
    size: int  # bytes
    token: str
    modified: datetime | None = None
    storage_class: str | None = None
    version: str | None = None  # the version id, if the store keeps versions

    def is_version(self, token: str) -> bool:
        """Whether this may be the version of the object that a listing gave `token`: only what both state is compared.

        A server may leave out ETags in listings or in responses, and then uses dates: they are compared
        to the second, because HTTP has no fractions. Sizes are compared by the caller.
        """
        if token == self.token:
            return True
        listed = read_date(token)
        if listed is not None:
            return self.modified is not None and listed.replace(microsecond=0) == self.modified.replace(microsecond=0)
        return not self.has_etag

    @property
    def has_etag(self) -> bool:
        """Whether the token identifies the content, instead of being empty or a date."""
        return bool(self.token) and read_date(self.token) is None


@public_noun
class Requests:
    """Calls of the store contract; retries are not counted."""

    list: int = 0
    get: int = 0
    head: int = 0
    put: int = 0
    delete: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.list + self.get + self.head + self.put + self.delete

    def __add__(self, other: Requests) -> Requests:
        return Requests(
            list=self.list + other.list,
            get=self.get + other.get,
            head=self.head + other.head,
            put=self.put + other.put,
            delete=self.delete + other.delete,
        )


class KnownState(IntEnum):
    """The state of an object key in the catalog."""

    PRESENT = 0
    MISSING = 1  # vanished from its bucket, asset kept
    REFUSED = 2  # read once with this token and found undecodable: not read again until it changes
    TRASHED = 3  # vanished, and its asset was moved to the trash for that
    KEPT = 4  # vanished, and a user decided about its asset: no pass evaluates it again
    OUTDATED = 5  # present, but less of it was read than its datasource reads now; only in comparisons, never stored


STANDING_STATES = (KnownState.PRESENT, KnownState.REFUSED)  # the object is in its bucket
USED_STATES = (KnownState.PRESENT, KnownState.MISSING, KnownState.REFUSED)  # the datasource still counts on the object
VANISHED_STATES = (KnownState.MISSING, KnownState.TRASHED, KnownState.KEPT)  # the object left its bucket
RELEASED_STATES = (KnownState.TRASHED, KnownState.KEPT)  # the datasource no longer counts on the object
