"""Every error that mirrorlake raises on purpose, and what each one asks of the reader.

MirrorlakeError
├── UsageError                wrong before any request was made (exit 2)
│   ├── SettingsError         a settings file, a flag or an environment variable
│   ├── PatternError          a glob; points at the character
│   └── QueryError            a search query; points at the character
│       └── UnknownField      a field that is none, and may be a metadata key
├── BadSidecar                an unusable metadata file: costs its metadata, never its asset
├── BadBackup                 a backup that is damaged, or of a newer version
├── NotFound                  no such run, asset or datasource
├── PermissionDenied          the caller lacks a permission in the workspace
├── NoPreview                 the bytes of an object cannot be shown
├── TooBusy                   too many of the same requests wait: worth a retry
├── SignInRefused             no such name, password, link or identity
├── TooManyAttempts           too many failed attempts to sign in
├── StorageError              a bucket or folder did not do what was asked
│   ├── SourceUnreachable     no response: DNS, refused, time-out, 5xx (may be temporary: worth a retry)
│   ├── AccessDenied          401 or 403: credentials or a permission
│   ├── NoSuchBucket          the bucket or the root folder does not exist
│   ├── WrongRegion           the bucket is in another region
│   ├── ObjectGone            404 for this very key
│   ├── ObjectChanged         the requested token is no longer the object's (412)
│   ├── ObjectArchived        in an archive: unreadable until somebody restores it
│   ├── ObjectTooLarge        more bytes than the caller allowed
│   ├── RangesUnsupported     the server returns objects only as a whole
│   ├── ReadTooMuch           more parts of an object were wanted than are read of one
│   └── ListingBroken         a listing cut short or malformed: it proves nothing
│       └── ListingDisordered  keys out of order, duplicated or not requested: trust nothing of it
├── CatalogError              PostgreSQL could not be reached or refused the work
│   ├── CatalogUnavailable    not running, cannot be started, or lost during the work
│   ├── CatalogContended      our transaction was rolled back because of a conflict: worth a retry
│   └── DiskFull              no space left, here or in the database
├── Conflict                  the request does not fit the current state
│   ├── PassRunning           another pass of this datasource is queued or running
│   └── CoolingDown           a manual run too soon after a pass that imported something
├── StaleVersion              the asset was changed since the caller read it
├── LeaseLost                 another process took over our lease: stop, nothing more may be committed
└── RunCancelled              somebody cancelled our run: stop, nothing more may be committed
"""

from __future__ import annotations

from dataclasses import dataclass

# Characters of a text around the error position: a whole page of it would hide the error.
SHOWN_BEFORE = 100
SHOWN_AFTER = 40
OPEN_ROLE = "RoleWithoutExternalId"  # our own code for a role that admits callers without its ExternalId


class MirrorlakeError(Exception):
    """One clear sentence on what was wrong and where, and one on what to do.

    `message` is complete in itself; `fix` may be empty if nothing can be done.
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
    """A setting has an invalid value.

    `field` is the name of the setting or secret that a form would mark; None: several or none.
    """

    def __init__(self, message: str, fix: str = "", *, field: str | None = None) -> None:
        super().__init__(message, fix)
        self.field = field


class PointedError(UsageError):
    """An error at one character of a text that a person wrote.

    `position` counts characters from 0 and may equal `len(text)` (something is missing at the end).
    """

    def __init__(self, message: str, fix: str = "", *, text: str, position: int) -> None:
        super().__init__(message, fix)
        self.text = text
        self.position = position

    def __str__(self) -> str:
        # A tab or newline in the text must not shift the mark from its character.
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
    """A search query that cannot be parsed."""


class UnknownField(QueryError):
    """A search query whose field does not exist. `name` may be a metadata key; `similar` are fields that exist."""

    def __init__(
        self, message: str, fix: str = "", *, text: str, position: int, name: str, similar: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, fix, text=text, position=position)
        self.name = name
        self.similar = similar


class BadSidecar(MirrorlakeError):
    """A metadata sidecar that is unusable as a whole."""


class BadBackup(MirrorlakeError):
    """A backup that cannot be restored: damaged, of a newer version, or no backup at all."""


class NotFound(MirrorlakeError):
    """The library has nothing with this name or id."""


class PermissionDenied(MirrorlakeError):
    """The caller lacks a permission in the workspace: `permission`, if the refusal named one."""

    def __init__(self, message: str, fix: str = "", *, permission: str | None = None) -> None:
        super().__init__(message, fix)
        self.permission = permission


class NoPreview(MirrorlakeError):
    """The bytes of an object cannot be shown."""


class TooBusy(MirrorlakeError):
    """Too many requests of this kind are waiting. A retry may help."""


class SignInRefused(MirrorlakeError):
    """The name, password or link does not admit anyone."""


class TooManyAttempts(MirrorlakeError):
    """Too many failed attempts; `seconds` until the next one is considered."""

    def __init__(self, message: str, fix: str = "", *, seconds: int) -> None:
        super().__init__(message, fix)
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """What a server answered to a refused request. Texts are cleaned and contain nothing that was sent."""

    status: int
    code: str = ""  # of the server's own error document; empty if it sent none
    words: str = ""  # its message
    region: str = ""  # of the bucket, if the server specified it
    service: str = ""  # that answered, if it is not the bucket's own, such as `sts`

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip() + (f": {self.words}" if self.words else "")


class StorageError(MirrorlakeError):
    """A bucket or folder did not do what was asked. `answer` is what its server answered, if it did."""

    answer: ServerAnswer | None = None


class SourceUnreachable(StorageError):
    """No usable response; a retry may help, `again_after_s` seconds from now if the server specified it."""

    def __init__(self, message: str, fix: str = "", *, again_after_s: float | None = None) -> None:
        super().__init__(message, fix)
        self.again_after_s = again_after_s


class AccessDenied(StorageError):
    """The credentials are wrong, or a permission is missing."""


class NoSuchBucket(StorageError):
    """The bucket or root folder does not exist."""


class WrongRegion(StorageError):
    """The bucket is in another region than requested."""


class ObjectGone(StorageError):
    """The object does not exist (a 404 for exactly this key)."""


class ObjectChanged(StorageError):
    """The object no longer has the token from the listing."""


class ObjectExists(StorageError):
    """An object is there already, where one was to be written only if there was none."""


class ObjectArchived(StorageError):
    """The object is in an archive and cannot be read until it is restored."""


class ObjectTooLarge(StorageError):
    """The object has more bytes than the caller allowed."""


class RangesUnsupported(StorageError):
    """The server does not return a part of this object: read it as a whole."""


class ReadTooMuch(StorageError):
    """More requests or bytes were wanted of one object than are allowed."""


class ListingBroken(StorageError):
    """A listing that cannot be trusted: cut short, malformed or out of order."""


class ListingDisordered(ListingBroken):
    """Keys out of order, duplicated or not requested: earlier keys are in doubt as well."""


class CatalogError(MirrorlakeError):
    """PostgreSQL could not be reached or refused the work."""


class CatalogUnavailable(CatalogError):
    """PostgreSQL is not running, cannot be started, or was lost during the work."""


class CatalogContended(CatalogError):
    """PostgreSQL rolled back our transaction because of a conflict. Nothing was written."""


class DiskFull(CatalogError):
    """No space is left where the library keeps its data."""


class Conflict(MirrorlakeError):
    """The request does not fit the current state."""


class KeyReused(Conflict):
    """The Idempotency-Key was used for another request."""


class AnswerNotKept(Conflict):
    """The request with this Idempotency-Key was executed, but its answer was not kept."""


class PassRunning(Conflict):
    """Another pass of the same datasource is running or queued."""


class CoolingDown(Conflict):
    """The last pass of this datasource ended less than an hour ago and imported something.

    `minutes` is the remaining time, rounded up.
    """

    def __init__(self, message: str, fix: str = "", *, minutes: int) -> None:
        super().__init__(message, fix)
        self.minutes = minutes


class StaleVersion(MirrorlakeError):
    """What should be changed is not what the caller read."""


class LeaseLost(MirrorlakeError):
    """Another process took over this datasource; this one must stop."""


class RunCancelled(MirrorlakeError):
    """Somebody cancelled our run; committed work is kept."""
