"""Every error that mirrorlake raises on purpose, and what each one asks of the reader.

MirrorlakeError
├── UsageError                wrong before any request was made (exit 2)
│   ├── SettingsError         a settings file, a flag or an environment variable
│   ├── PatternError          a glob; points at the character
│   └── QueryError            a search query; points at the character
├── BadSidecar                a metadata file that says nothing usable: costs its metadata, never its asset
├── NotFound                  no such run, asset or datasource
├── PermissionDenied          the caller lacks a permission in the workspace
├── StorageError              a bucket or folder did not do what was asked
│   ├── SourceUnreachable     no answer: DNS, refused, time-out, 5xx (may pass: worth a retry)
│   ├── AccessDenied          401 or 403: credentials or a permission
│   ├── NoSuchBucket          the bucket or the root folder does not exist
│   ├── WrongRegion           the bucket lives in another region
│   ├── ObjectGone            404 for this very key
│   ├── ObjectChanged         the token asked for is no longer the object's (412)
│   ├── ObjectTooLarge        more bytes than the caller allowed
│   └── ListingBroken         a listing cut short or malformed: it proves nothing
│       └── ListingDisordered  keys out of order, twice or not asked for: trust nothing of it
├── CatalogError              PostgreSQL could not be reached or refused the work
│   ├── CatalogUnavailable    not running, not startable, or gone while we worked
│   ├── CatalogContended      our transaction had to give way to another one: worth another try
│   └── DiskFull              no space left, here or in the database
├── Conflict                  what was asked does not fit how things stand now
│   ├── PassRunning           another pass of this datasource waits or is at work
│   └── CoolingDown           a person asks again too soon after a pass that imported something
├── LeaseLost                 our own lease was taken over: stop, nothing more may be committed
└── RunCancelled              somebody asked that our run end: stop, nothing more may be committed
"""

from __future__ import annotations

# Characters of a text around the one that an error points at: a whole page of it would hide the error.
SHOWN_BEFORE = 100
SHOWN_AFTER = 40


class MirrorlakeError(Exception):
    """One clear sentence on what was wrong and where, and one on what to do.

    `message` stands alone; `fix` may be empty where nothing can be done.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class UsageError(MirrorlakeError):
    """Wrong before any request was made."""


class SettingsError(UsageError):
    """A setting has a value that cannot be used."""


class PointedError(UsageError):
    """An error at one character of a text that a person wrote.

    `position` counts characters from 0 and may equal `len(text)` (something is missing at the end).
    """

    def __init__(self, message: str, fix: str = "", *, text: str, position: int) -> None:
        super().__init__(message, fix)
        self.text = text
        self.position = position

    def __str__(self) -> str:
        # A tab or newline in the text must not move the mark away from its character.
        line = "".join(" " if ch.isspace() else ch for ch in self.text)
        start = max(0, min(self.position, len(line)) - SHOWN_BEFORE)
        before = ("…" if start else "") + line[start : self.position]
        after = line[self.position : self.position + SHOWN_AFTER]
        more = "…" if len(line) > self.position + SHOWN_AFTER else ""
        pointer = " " * (len(before) + 2) + "^"
        return f"{self.message}\n  {before}{after}{more}\n{pointer}" + (f"\n{self.fix}" if self.fix else "")


class PatternError(PointedError):
    """A glob that cannot be compiled."""


class QueryError(PointedError):
    """A search query that cannot be read."""


class BadSidecar(MirrorlakeError):
    """A metadata sidecar that cannot be used at all."""


class NotFound(MirrorlakeError):
    """The library holds nothing under this name or id."""


class PermissionDenied(MirrorlakeError):
    """The caller lacks a permission in the workspace."""


class StorageError(MirrorlakeError):
    """A bucket or folder did not do what was asked."""


class SourceUnreachable(StorageError):
    """No usable answer; asking again may help, `again_after_s` seconds from now where the server said so."""

    def __init__(self, message: str, fix: str = "", *, again_after_s: float | None = None) -> None:
        super().__init__(message, fix)
        self.again_after_s = again_after_s


class AccessDenied(StorageError):
    """The credentials are wrong, or a permission is missing."""


class NoSuchBucket(StorageError):
    """The bucket or root folder does not exist."""


class WrongRegion(StorageError):
    """The bucket lives in another region than the one asked."""


class ObjectGone(StorageError):
    """The object does not exist (a 404 for exactly this key)."""


class ObjectChanged(StorageError):
    """The object no longer has the token that the listing saw."""


class ObjectTooLarge(StorageError):
    """The object holds more bytes than the caller allowed."""


class ListingBroken(StorageError):
    """A listing that cannot be trusted: cut short, malformed or out of order."""


class ListingDisordered(ListingBroken):
    """Keys out of order, twice, or outside of what was asked for: also what came before is in doubt."""


class CatalogError(MirrorlakeError):
    """PostgreSQL could not be reached or refused the work."""


class CatalogUnavailable(CatalogError):
    """PostgreSQL is not running, cannot be started, or went away."""


class CatalogContended(CatalogError):
    """PostgreSQL ended our transaction, so that another one could go on. Nothing of ours was written."""


class DiskFull(CatalogError):
    """No space is left where the library keeps its data."""


class Conflict(MirrorlakeError):
    """What was asked does not fit how things stand now."""


class PassRunning(Conflict):
    """Another pass of the same datasource is running, or waits to."""


class CoolingDown(Conflict):
    """The last pass of this datasource ended less than an hour ago and imported something.

    `minutes` is how many remain, a begun one counted whole.
    """

    def __init__(self, message: str, fix: str = "", *, minutes: int) -> None:
        super().__init__(message, fix)
        self.minutes = minutes


class LeaseLost(MirrorlakeError):
    """Another process took over this datasource; this one must stop."""


class RunCancelled(MirrorlakeError):
    """Somebody asked that this run end; what it committed is kept."""
