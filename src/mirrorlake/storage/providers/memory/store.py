"""A store in memory, for tests: put, overwrite, rename and delete objects, with its own clock."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa

from mirrorlake.core.errors import NoSuchBucket, ObjectChanged, ObjectGone, ObjectTooLarge
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.listing_batches import listing_batch
from mirrorlake.storage.versions import Unversioned


@dataclass(frozen=True, slots=True)
class _After:
    """A cursor: the last key that was listed."""

    key: str


class MemoryStore(Unversioned):
    """Objects in a dict. Tokens are content digests, like simple ETags: a moved object keeps its token."""

    def __init__(self, *, page_rows: int = 1000, ordered: bool = True) -> None:
        self._objects: dict[str, Body] = {}
        self._page_rows = page_rows
        self._ordered = ordered
        self._lock = threading.RLock()
        self.identity: Identity | None = None
        self.exists = True  # False: the bucket does not exist
        self.now = datetime(2024, 1, 1, tzinfo=UTC)

    def put(self, key: str, data: bytes, *, storage_class: str | None = None, token: str | None = None) -> ObjectInfo:
        """Create or overwrite `key`; the clock advances by a second."""
        with self._lock:
            self.now += timedelta(seconds=1)
            info = ObjectInfo(
                key=key,
                size=len(data),
                token=token or hashlib.blake2b(data, digest_size=16).hexdigest(),
                modified=self.now,
                storage_class=storage_class,
            )
            self._objects[key] = Body(data=data, info=info)
            return info

    def delete(self, key: str) -> None:
        """Remove `key`; a missing key is not an error, as on S3."""
        with self._lock:
            self._objects.pop(key, None)

    def rename(self, old: str, new: str) -> None:
        """Store the same bytes under another key, and remove the old one."""
        with self._lock:
            self.put(new, self._objects[old].data)
            self.delete(old)

    def copy(self, old: str, new: str) -> ObjectInfo:
        """Store the same bytes under another key with another token, as a multipart copy or a copied file has."""
        with self._lock:
            token = hashlib.blake2b(f"{old}\n{new}\n{self.now}".encode(), digest_size=16).hexdigest()
            return self.put(new, self._objects[old].data, token=token)

    @property
    def ordered(self) -> bool:
        """As specified at creation: an unordered store lists by the reversed key."""
        return self._ordered

    @property
    def server(self) -> str | None:
        """Always None."""
        return None

    def identify(self) -> Identity | None:
        """As the test has set it."""
        return self.identity

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """The next `page_rows` keys of `scope`."""
        with self._lock:
            self._require()
            keys = sorted(self._objects) if self._ordered else sorted(self._objects, key=_reversed)
            start = 0
            if isinstance(cursor, _After):
                start = (
                    bisect_right(keys, cursor.key)
                    if self._ordered
                    else bisect_right(keys, _reversed(cursor.key), key=_reversed)
                )
            found = [key for key in keys[start:] if in_range(key, scope)]
            page = found[: self._page_rows]
            batch = _batch([self._objects[key].info for key in page])
        return ListPage(batch=batch, cursor=_After(page[-1]) if len(found) > len(page) else None)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        with self._lock:
            self._require()
            if key not in self._objects:
                raise ObjectGone(f"{key!r} does not exist.")
            return self._objects[key].info

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The object, if it still has `token`."""
        info = self.head(key)
        if token is not None and info.token != token:
            raise ObjectChanged(f"{key!r} has changed since it was listed.")
        if info.size > limit:
            raise ObjectTooLarge(f"{key!r} has {info.size:,} bytes, more than the {limit:,} allowed.")
        return self._objects[key]

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object, if it still has `token`."""
        body = self.get(key, token=token, limit=self.head(key).size)
        if start >= body.info.size:
            raise ObjectChanged(f"{key!r} has changed since it was listed.")
        return Body(data=body.data[start : start + length], info=body.info)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges with about the same number of keys."""
        with self._lock:
            keys = [key for key in sorted(self._objects) if in_range(key, scope)]
        count = max(1, min(parts, len(keys)))
        edges: list[str | None] = [
            scope.after,
            *(keys[place * len(keys) // count - 1] for place in range(1, count)),
            scope.until,
        ]
        return [KeyRange(prefix=scope.prefix, after=left, until=right) for left, right in pairwise(edges)]

    def presign(self, key: str, expires_s: int) -> str | None:
        """None: it exists only in this process."""
        del key, expires_s

    def close(self) -> None:
        """Do nothing."""

    def _require(self) -> None:
        if not self.exists:
            raise NoSuchBucket("The bucket in memory does not exist.")


def in_range(key: str, scope: KeyRange) -> bool:
    """Whether `key` belongs to `scope`."""
    return (
        key.startswith(scope.prefix)
        and (scope.after is None or key > scope.after)
        and (scope.until is None or key <= scope.until)
    )


def _reversed(key: str) -> str:
    return key[::-1]


def _batch(infos: list[ObjectInfo]) -> pa.RecordBatch:
    return listing_batch(
        [info.key for info in infos],
        [info.size for info in infos],
        [info.token for info in infos],
        [info.modified for info in infos],
        [info.storage_class for info in infos],
    )
