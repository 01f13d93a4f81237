"""The contract of stores that mirrorlake writes to: those of the library, never a source.

It is separate from `storage/base.py`, so that code that reads a source cannot write to it.
`tests/contract/test_writable_contract.py` verifies it for each implementation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Location
from mirrorlake.storage.retry import RetryPolicy

_KEY = re.compile(r"(?:[A-Za-z0-9._-]+/)*[A-Za-z0-9._-]+")
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
_PLAIN = re.compile(r"(?:[^/\x00-\x1f\x7f]+/)*")
KEY_LIMIT = 512  # bytes
OBJECT_BYTES = 1 << 30  # the largest object that is read back; mirrorlake holds no larger one in memory

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object of a writable store."""

    key: str
    size: int  # bytes
    token: str  # changes with every write; opaque
    modified: float  # time of the last write or move to its key, in seconds since 1970 by the store's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """The bytes of one object, or a range of them, and the facts of the whole object."""

    data: bytes
    info: StoredObject


class WritableStore(Protocol):
    """Objects under keys that mirrorlake chooses. Thread-safe; several processes may use one store.

    A key consists of letters, digits, `.`, `_` and `-`, in parts separated by `/`; any other raises ValueError. Readers
    see a complete object or none. Every method raises StorageError, and DiskFull if no space is left.
    """

    @property
    def name(self) -> str:
        """The name of the store in messages: a path or an address."""
        ...

    @property
    def durable(self) -> bool:
        """Whether every listed object is complete, even after a power failure."""
        ...

    def put(self, key: str, data: bytes) -> str:
        """Write an object, replacing an existing one; return its token."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write an object if the key does not exist; return its token. Raises ObjectExists."""
        ...

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """Replace the object that has this token. Raises ObjectChanged, also if there is no object."""
        ...

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """Write a new object piece by piece, without keeping all of it in memory; return its token.

        The object does not exist before the last piece is written, and nothing remains if `parts` raises. Raises
        ObjectExists if the key exists, unless the server knows no conditions: then look before.
        """
        ...

    def flush(self, key: str) -> None:
        """Wait until an object that was written survives a power failure, whether or not the store is `durable`."""
        ...

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        """The object, or at most `length` bytes of it from `start` on: none beyond its end. Raises ObjectGone."""
        ...

    def head(self, key: str) -> StoredObject:
        """The object's facts. Raises ObjectGone."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; a missing one is not an error.

        A listed key that ends in `/` may be an empty folder, which is removed too if the store has folders.
        """
        ...

    def move(self, key: str, to: str) -> None:
        """Move an object to another key, replacing an existing one. Raises ObjectGone.

        If the process is killed, a store without a rename may contain it under both keys, but always under one.
        """
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`, which is empty or ends in `/`; those of one folder are consecutive.

        Objects of other programs are listed too: keys that `put` refuses, and non-files with a final `/`.
        """
        ...

    def folders(self, prefix: str) -> list[str]:
        """The names directly below `prefix` with objects below them, in order; some stores also list empty ones."""
        ...

    def close(self) -> None:
        """Close connections. The store must not be used afterwards."""
        ...


def check_key(key: str) -> None:
    """Raise ValueError for an invalid key: keys become paths, so they must not contain untrusted text."""
    if not _KEY.fullmatch(key) or _DOTS.search(key) or len(key) > KEY_LIMIT:
        raise ValueError(f"{key!r} is not a key of a writable store")


def check_prefix(location: Location) -> None:
    """Raise SettingsError for a bucket's folder with names that clients change or that cannot be shown."""
    if not _PLAIN.fullmatch(location.prefix) or "./" in f"/{location.prefix}".replace("../", "./"):
        raise SettingsError(
            f"{location.uri} cannot be written to: its folders have empty or unusual names.",
            f"Use a folder with plain names, such as {location.provider.value}://{location.container}/library.",
        )


class RetryingWritableStore:
    """Retries calls if the store was unreachable.

    A conditional write whose response was lost may conflict with its own first attempt: ObjectExists or ObjectChanged.
    Streams are not retried, because their pieces have been consumed.
    """

    def __init__(self, store: WritableStore, policy: RetryPolicy) -> None:
        self._store = store
        self._policy = policy

    @property
    def name(self) -> str:
        """As the wrapped store."""
        return self._store.name

    @property
    def durable(self) -> bool:
        """As the wrapped store."""
        return self._store.durable

    def put(self, key: str, data: bytes) -> str:
        """Write an object."""
        return self._again(lambda: self._store.put(key, data))

    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write an object if the key does not exist."""
        return self._again(lambda: self._store.put_if_absent(key, data))

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """Replace the object that has this token."""
        return self._again(lambda: self._store.put_if_match(key, data, token=token))

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """Write a new object piece by piece, in one attempt."""
        return self._store.put_stream(key, parts)

    def flush(self, key: str) -> None:
        """Wait until an object survives a power failure."""
        self._again(lambda: self._store.flush(key))

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        """The object, or a range of it."""
        return self._again(lambda: self._store.get(key, start=start, length=length))

    def head(self, key: str) -> StoredObject:
        """The object's facts."""
        return self._again(lambda: self._store.head(key))

    def delete(self, key: str) -> None:
        """Remove an object."""
        self._again(lambda: self._store.delete(key))

    def move(self, key: str, to: str) -> None:
        """Move an object to another key."""
        self._again(lambda: self._store.move(key, to))

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`; the wrapped store retries its own pages."""
        return self._store.list(prefix)

    def folders(self, prefix: str) -> list[str]:
        """The names directly below `prefix`."""
        return self._again(lambda: self._store.folders(prefix))

    def close(self) -> None:
        """Close the wrapped store."""
        self._store.close()

    def _again(self, action: Callable[[], T]) -> T:
        return self._policy.call(action)
