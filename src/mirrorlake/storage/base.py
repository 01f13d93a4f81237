"""The contract of all stores, verified for each of them by `tests/contract`.

Behaviour common to all stores (retries, counting, cancelling, progress) is added by wrappers, in one place:
`storage/stack.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import Gap, KeyRange, ObjectInfo, UnsupportedKey
from mirrorlake.storage.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a listing.

    `batch` has the columns of `model.columns.LISTING`. `cursor` leads to the next page, None after the
    last one; it is opaque and belongs to the store that created it. `unsupported` lists objects that no catalog
    can hold (keys with NUL characters or not in UTF-8, symbolic links); they are not in `batch`. `gaps` are
    folders that the page omits because they could not be listed.
    """

    batch: pa.RecordBatch
    cursor: object | None
    unsupported: tuple[UnsupportedKey, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The bytes of one object, and its facts at the time of reading."""

    data: bytes
    info: ObjectInfo


class Store(Protocol):
    """One bucket or folder, read only. Keys are byte-exact: no store normalises, splits or trims them.

    Every method is thread-safe, raises only errors of `mirrorlake.core.errors` and never retries.
    """

    @property
    def ordered(self) -> bool:
        """Whether pages are in the byte order of their keys. A violation of this promise is detected."""
        ...

    @property
    def server(self) -> str | None:
        """The server that requests go to, and what specifies it, for reports. None without a server."""
        ...

    def identify(self) -> Identity | None:
        """What distinguishes this bucket from another one of its name, by at most one request; None for other sources.

        What the credentials may not ask is left out, and no StorageError is raised: listings report what is wrong.
        """
        ...

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page of the keys of `scope`, from its start (`cursor` None) or from `cursor`.

        Keys outside `scope` must not appear. An empty page with a cursor is allowed. Every object is
        listed, including folder markers and empty objects. A scope without objects returns one empty
        page; a bucket or root that does not exist raises NoSuchBucket. If only the keys below one folder cannot
        be listed, the page may report it as a gap and continue after it; a scope that is such a folder raises.
        """
        ...

    def head(self, key: str) -> ObjectInfo:
        """The object's facts. Raises ObjectGone only if the store returns 404 for exactly this key."""
        ...

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole object, if it still has `token` (None: any version).

        Raises ObjectChanged if the token differs, ObjectGone on 404, and ObjectTooLarge before
        more than `limit` bytes are in memory.
        """
        ...

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """`length` bytes from `start`, fewer at the end of the object, if it still has `token` (None: any version).

        `info.size` is the size of the whole object. Raises ObjectChanged if the token differs or the object ends before
        `start`, ObjectGone on 404, and RangesUnsupported if only the whole object can be read: the server ignores
        ranges, or they would be those of a compressed form.
        """
        ...

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """About `parts` ranges that cover `scope` without gap or overlap, in key order, for concurrent listing.

        A store that cannot split returns `[scope]`. May list one or two pages of common prefixes.
        """
        ...

    def presign(self, key: str, expires_s: int) -> str | None:
        """A URL that permits anyone to read `key` for `expires_s` seconds; None if the store has no such URLs.

        Makes no request to the store. Raises AccessDenied if there are no credentials.
        """
        ...

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """The facts of the object in this version, whatever it is now. Errors as in `get_version`."""
        ...

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """The whole object in this version, whatever it is now.

        Raises ObjectGone if the store does not keep the version (any more), ObjectChanged if it has another token, and
        ObjectTooLarge as `get`. Nothing about the object itself follows from these errors.
        """
        ...

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """As `presign`, for the object in this version."""
        ...

    def close(self) -> None:
        """Close connections. The store must not be used afterwards."""
        ...
