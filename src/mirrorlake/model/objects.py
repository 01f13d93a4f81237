"""What a store says about its objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
class Gap:
    """Keys of which a listing says nothing, because listing them ended in an error: they may stand or be gone."""

    range: KeyRange
    reason: str  # one sentence

    @property
    def place(self) -> str:
        """Where that is, in words."""
        if self.range.after is None:
            upto = "" if self.range.until is None else f" up to {self.range.until!r}"
            return f"below {self.range.prefix!r}{upto}" if self.range.prefix else f"everything{upto}"
        return f"after {self.range.after!r}" + ("" if self.range.until is None else f" up to {self.range.until!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedKey:
    """What a store met and no catalog can hold as an object."""

    shown: str  # for reading: escaped or shortened, never a key to ask for
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedRange:
    """Proof that one range was listed to its end without an error, its gaps apart."""

    range: KeyRange
    pages: int
    objects: int
    unsupported: tuple[UnsupportedKey, ...] = ()
    gaps: tuple[Gap, ...] = ()  # folders below that could not be listed; the keys after them could


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """One object as a HEAD tells it."""

    key: str
    size: int  # bytes
    token: str
    modified: datetime | None = None
    storage_class: str | None = None
    version: str | None = None  # the store's version id, where it keeps versions


@public_noun
class Requests:
    """Logical calls at the storage seam; retries are not counted."""

    list: int = 0
    get: int = 0
    head: int = 0
    put: int = 0
    delete: int = 0

    def __add__(self, other: Requests) -> Requests:
        return Requests(
            list=self.list + other.list,
            get=self.get + other.get,
            head=self.head + other.head,
            put=self.put + other.put,
            delete=self.delete + other.delete,
        )
