"""A writable store in memory, for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from mirrorlake.core.errors import ObjectChanged, ObjectExists, ObjectGone
from mirrorlake.storage.writable import StoredBody, StoredObject, check_key


class MemoryWritableStore:
    """Objects in a dict; its clock advances by a second with each write."""

    name = "memory://"
    durable = True

    def __init__(self) -> None:
        self._objects: dict[str, StoredBody] = {}
        self._lock = threading.RLock()
        self._writes = count(1)

    def put(self, key: str, data: bytes) -> str:
        """Write an object."""
        check_key(key)
        with self._lock:
            number = next(self._writes)
            info = StoredObject(key=key, size=len(data), token=str(number), modified=float(number))
            self._objects[key] = StoredBody(data=bytes(data), info=info)
            return info.token

    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write an object if the key does not exist."""
        with self._lock:
            if key in self._objects:
                raise ObjectExists(f"{key} already exists.")
            return self.put(key, data)

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """Replace the object that has this token."""
        with self._lock:
            if key not in self._objects or self._objects[key].info.token != token:
                raise ObjectChanged(f"{key} has changed.")
            return self.put(key, data)

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """Write a new object from pieces."""
        return self.put_if_absent(key, b"".join(parts))

    def flush(self, key: str) -> None:
        """Do nothing: no power failure is simulated."""

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        """The object, or a range of it."""
        check_key(key)
        with self._lock:
            body = self._objects.get(key)
        if body is None:
            raise ObjectGone(f"{key} does not exist.")
        return replace(body, data=body.data[start : None if length is None else start + length])

    def head(self, key: str) -> StoredObject:
        """The object's facts."""
        return self.get(key).info

    def delete(self, key: str) -> None:
        """Remove an object."""
        check_key(key.removesuffix("/"))
        with self._lock:
            self._objects.pop(key, None)

    def move(self, key: str, to: str) -> None:
        """Give an object another key."""
        with self._lock:
            self.put(to, self.get(key).data)
            if to != key:
                self.delete(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`, by key."""
        with self._lock:
            found = sorted(key for key in self._objects if key.startswith(prefix))
            return iter([self._objects[key].info for key in found])

    def folders(self, prefix: str) -> list[str]:
        """The names directly below `prefix`."""
        keys = (one.key[len(prefix) :] for one in self.list(prefix))
        return sorted({key.partition("/")[0] for key in keys if "/" in key})

    def close(self) -> None:
        """Do nothing."""
