"""The contract that every store keeps. `tests/contract` proves it for each of them.

Behaviour common to all stores (retries, counting, cancelling, progress) is added by wrapping a store in another one,
in one place: `storage/stack.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from mirrorlake.model.objects import Gap, KeyRange, ObjectInfo, UnsupportedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a listing.

    `batch` has the columns of `model.columns.LISTING`. `cursor` leads to the next page, None after the
    last one; it is opaque and belongs to the store that made it. `unsupported` holds what no catalog
    can hold (keys with NUL characters or not in UTF-8, symbolic links); it is not in `batch`. `gaps` are
    folders that the page passed by because they could not be listed.
    """

    batch: pa.RecordBatch
    cursor: object | None
    unsupported: tuple[UnsupportedKey, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The bytes of one object, and its facts as they stood when the bytes were read."""

    data: bytes
    info: ObjectInfo


class Store(Protocol):
    """One bucket or folder, read only. Keys are byte-exact: no store normalises, splits or trims them.

    Every method is thread-safe, raises only errors of `mirrorlake.core.errors` and never retries by itself.
    """

    @property
    def ordered(self) -> bool:
        """Whether pages come in the byte order of their keys. A store that breaks this promise is caught."""
        ...

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page of the keys of `scope`, from its start (`cursor` None) or where `cursor` points.

        Keys outside `scope` may not appear. An empty page with a cursor is allowed. What is listed is
        every object, folder markers and empty ones included. A scope that holds nothing answers one empty
        page; a bucket or root that does not exist raises NoSuchBucket. Where only the keys below one folder cannot
        be listed, the page may tell it as a gap and go on behind it; a scope that is itself such a folder raises.
        """
        ...

    def head(self, key: str) -> ObjectInfo:
        """The object's facts. Raises ObjectGone only where the store says 404 for this very key."""
        ...

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole object, if it still has `token` (None: whatever stands there).

        Raises ObjectChanged when the token differs, ObjectGone on 404, and ObjectTooLarge before
        more than `limit` bytes are held in memory.
        """
        ...

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """About `parts` ranges that cover `scope` without gap or overlap, in key order, to be listed side by side.

        A store that cannot tell answers `[scope]`. May list a page or two of common prefixes.
        """
        ...

    def presign(self, key: str, expires_s: int) -> str | None:
        """A URL that lets whoever holds it read `key` for `expires_s` seconds; None where the store has no such thing.

        Makes no request to the store. Raises AccessDenied where there is nothing to sign with.
        """
        ...

    def close(self) -> None:
        """Give back connections. The store is not used afterwards."""
        ...
