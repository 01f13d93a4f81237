"""The contract of stores that mirrorlake writes to: the library's own, never a source.

A separate contract from `storage/base.py`, so that what reads a source has no call that could write to it.
`tests/contract/test_writable_contract.py` proves it for each implementation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mirrorlake.storage.retry import RetryPolicy

_KEY = re.compile(r"(?:[A-Za-z0-9._-]+/)*[A-Za-z0-9._-]+")
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
KEY_LIMIT = 512  # bytes

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object of a writable store."""

    key: str
    size: int  # bytes
    token: str  # changes with every write; opaque
    modified: float  # seconds since 1970, by the store's own clock: when it was last written or moved to its key


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """The bytes of one object, or their beginning, and the facts of the whole object."""

    data: bytes
    info: StoredObject


class WritableStore(Protocol):
    """Objects under keys of our own making. Thread-safe; many processes may use one store.

    A key is made of letters, digits, `.`, `_` and `-`, in parts divided by `/`; any other raises ValueError. Readers
    see all of an object or nothing. Every method raises StorageError, and DiskFull where no space is left.
    """

    @property
    def name(self) -> str:
        """What messages call the store: a path or an address."""
        ...

    @property
    def durable(self) -> bool:
        """Whether an object that is listed is whole, also after a power cut."""
        ...

    def put(self, key: str, data: bytes) -> str:
        """Write an object, in place of what is there; answers its token."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write an object only where there is none; answers its token. Raises ObjectExists."""
        ...

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """Write an object only in place of the one with this token. Raises ObjectChanged, also where there is none."""
        ...

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """Write an object piece by piece, without holding all of it in memory; answers its token.

        Nothing is there before the last piece is written, and nothing remains of it where `parts` raises.
        """
        ...

    def get(self, key: str, *, length: int | None = None) -> StoredBody:
        """The object; with `length`, only so many bytes from its beginning. Raises ObjectGone."""
        ...

    def head(self, key: str) -> StoredObject:
        """The object's facts. Raises ObjectGone."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error.

        A key that `list` gave with a last `/` may be an empty folder: it goes too, where a store has such things.
        """
        ...

    def move(self, key: str, to: str) -> None:
        """Give an object another key, in place of what is there. Raises ObjectGone.

        Killed in between, a store without a rename may hold it under both keys, never under none.
        """
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`, which is empty or ends in `/`; those of one folder follow each other.

        What another program left there is listed too: keys that no `put` takes, and with a last `/` what is no file.
        """
        ...

    def folders(self, prefix: str) -> list[str]:
        """The names right below `prefix` that have objects below them, in order; some stores keep empty ones."""
        ...

    def close(self) -> None:
        """Give back connections. The store is not used afterwards."""
        ...


def check_key(key: str) -> None:
    """Raise ValueError for what is no key of ours: keys become paths, so nothing of a stranger may stand in them."""
    if not _KEY.fullmatch(key) or _DOTS.search(key) or len(key) > KEY_LIMIT:
        raise ValueError(f"{key!r} is no key of a writable store")


class RetryingWritableStore:
    """Asks again where the store could not be reached.

    A conditional write whose answer was lost may find its own first attempt: ObjectExists or ObjectChanged then.
    Streams are not written again, since their pieces are gone.
    """

    def __init__(self, store: WritableStore, policy: RetryPolicy) -> None:
        self._store = store
        self._policy = policy

    @property
    def name(self) -> str:
        """As the store within."""
        return self._store.name

    @property
    def durable(self) -> bool:
        """As the store within."""
        return self._store.durable

    def put(self, key: str, data: bytes) -> str:
        """Write an object."""
        return self._again(lambda: self._store.put(key, data))

    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write an object only where there is none."""
        return self._again(lambda: self._store.put_if_absent(key, data))

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """Write an object only in place of the one with this token."""
        return self._again(lambda: self._store.put_if_match(key, data, token=token))

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """Write an object piece by piece, in one attempt."""
        return self._store.put_stream(key, parts)

    def get(self, key: str, *, length: int | None = None) -> StoredBody:
        """The object."""
        return self._again(lambda: self._store.get(key, length=length))

    def head(self, key: str) -> StoredObject:
        """The object's facts."""
        return self._again(lambda: self._store.head(key))

    def delete(self, key: str) -> None:
        """Remove an object."""
        self._again(lambda: self._store.delete(key))

    def move(self, key: str, to: str) -> None:
        """Give an object another key."""
        self._again(lambda: self._store.move(key, to))

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`; the store within asks again for its pages."""
        return self._store.list(prefix)

    def folders(self, prefix: str) -> list[str]:
        """The names right below `prefix`."""
        return self._again(lambda: self._store.folders(prefix))

    def close(self) -> None:
        """Close the store within."""
        self._store.close()

    def _again(self, action: Callable[[], T]) -> T:
        return self._policy.call(action)
