"""Where a dataset gets its rows and bytes: from a server, or from the library on this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import pyarrow as pa
from blake3 import blake3

from mirrorlake.core.errors import MirrorlakeError, NotFound, ObjectChanged, ObjectGone, SourceUnreachable
from mirrorlake.core.settings import Settings
from mirrorlake.model.assets import mark_of
from mirrorlake.model.exports import ExportScope
from mirrorlake.model.objects import ObjectRef

if TYPE_CHECKING:
    import httpx  # loaded only with a server

    from mirrorlake.client.client import Mirrorlake  # as above
    from mirrorlake.library.original_reader import OriginalReader  # loaded only without one

TIMEOUT_S: Final = 60.0
_OK, _GONE = 200, 404
_VERSIONS = ("etag", "x-goog-generation")  # headers

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectToRead(ObjectRef):
    """An object with what a server is asked for, and what its bytes are compared with."""

    id: str  # of the asset
    uri: str
    digest: str | None


class DatasetSource(Protocol):
    """Rows and bytes of assets. Picklable; thread-safe."""

    def rows(self, scope: ExportScope, fields: tuple[str, ...]) -> pa.Table:
        """The assets of a scope. Raises UsageError, QueryError and NotFound."""
        ...

    def read(self, one: ObjectToRead) -> bytes:
        """The bytes that were mirrored. Raises ObjectGone, ObjectChanged and other errors of the bucket."""
        ...

    def close(self) -> None:
        """Close the connections of this process."""
        ...


class _PerProcess(Generic[T]):
    """A value that each process opens for itself: connections cannot be shared with a forked process."""

    def __init__(self, opened: Callable[[], T]) -> None:
        self._open = opened
        self._lock = threading.Lock()
        self._pid = 0
        self._value: T | None = None
        self._inherited: list[T | None] = []  # kept, so that nothing of the parent process is closed

    def get(self) -> T:
        """The value of this process."""
        if self._pid != os.getpid():
            self._lock = threading.Lock()  # that of the parent may have been held during the fork
            self._inherited.append(self._value)
            self._pid, self._value = os.getpid(), None
        with self._lock:
            if self._value is None:
                self._value = self._open()
            return self._value

    def take(self) -> T | None:
        """The value, if this process opened it; the next `get` opens another one."""
        if self._pid != os.getpid():
            return None
        with self._lock:
            value, self._value = self._value, None
            return value


class ServerSource:
    """A server. Bytes come from the bucket by presigned addresses, or through the server where it has none."""

    def __init__(self, url: str, api_key: str | None, snapshot: str | None = None) -> None:
        """With a `snapshot`, its frozen versions are read where the assets have other bytes now, or none."""
        self._url = url
        self._api_key = api_key
        self._snapshot = snapshot
        self._clients = _PerProcess(self._connect)

    def rows(self, scope: ExportScope, fields: tuple[str, ...]) -> pa.Table:
        """See `DatasetSource.rows`."""
        return self._clients.get()[0].exports.table(scope, fields)

    def read(self, one: ObjectToRead) -> bytes:
        """See `DatasetSource.read`."""
        client, http = self._clients.get()
        try:
            return self._verified(http, one, lambda: client.assets.original(one.id))
        except (ObjectGone, ObjectChanged) as error:
            snapshot = self._snapshot
            if snapshot is None:
                raise
            try:
                return self._verified(http, one, lambda: client.snapshots.original(snapshot, one.id))
            except (ObjectGone, ObjectChanged):
                raise error from None  # what happened to the object explains more

    @staticmethod
    def _verified(http: httpx.Client, one: ObjectToRead, original: Callable[[], Any]) -> bytes:
        try:
            found = original()
        except NotFound as error:
            raise ObjectGone(error.message, error.fix) from error
        if found.url is None:
            data, same = found.data, found.mark == mark_of(one.size, one.token)
        else:
            data, tokens = _fetch(http, found.url, one.uri)
            same = len(data) == one.size and one.token in tokens
        if one.digest is not None:  # it was read whole: then its bytes decide
            same = blake3(data).hexdigest() == one.digest
        if not same:
            what = "changed after it was mirrored" if one.digest else "is not shown to be the version that was mirrored"
            raise ObjectChanged(f"{one.uri} {what}.", "Run its datasource, then open again.")
        return data

    def close(self) -> None:
        """See `DatasetSource.close`."""
        opened = self._clients.take()
        if opened is not None:
            opened[0].close()
            opened[1].close()

    def _connect(self) -> tuple[Mirrorlake, httpx.Client]:
        import httpx  # noqa: PLC0415  only with a server

        from mirrorlake.client.client import Mirrorlake  # noqa: PLC0415  as above

        return Mirrorlake(self._url, self._api_key), httpx.Client(timeout=TIMEOUT_S)

    def __reduce__(self) -> tuple[type[ServerSource], tuple[str, str | None, str | None]]:
        return ServerSource, (self._url, self._api_key, self._snapshot)


class LocalSource:
    """The library on this machine. Bytes are read from the bucket only if they still have their change token."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._libraries = _PerProcess(lambda: _LocalLibrary(settings))

    def rows(self, scope: ExportScope, fields: tuple[str, ...]) -> pa.Table:
        """See `DatasetSource.rows`."""
        return self._libraries.get().rows(scope, fields)

    def read(self, one: ObjectToRead) -> bytes:
        """See `DatasetSource.read`."""
        return self._libraries.get().read(one)

    def close(self) -> None:
        """See `DatasetSource.close`."""
        opened = self._libraries.take()
        if opened is not None:
            opened.close()

    def __reduce__(self) -> tuple[type[LocalSource], tuple[Settings]]:
        return LocalSource, (self._settings,)


class _LocalLibrary:
    """An open library with the stores of its datasources."""

    def __init__(self, settings: Settings) -> None:
        from contextlib import ExitStack  # noqa: PLC0415  with the imports below

        from mirrorlake.library.original_reader import OriginalReader  # noqa: PLC0415  loads what reaches buckets
        from mirrorlake.services.base import open_resources  # noqa: PLC0415  loads the database driver

        self._stack = ExitStack()
        resources = self._stack.enter_context(open_resources(settings))
        self._catalog = resources.catalog
        self._reader: OriginalReader = self._stack.enter_context(OriginalReader(resources.catalog, resources.stores))

    def rows(self, scope: ExportScope, fields: tuple[str, ...]) -> pa.Table:
        from mirrorlake.library.export_scope import open_rows  # noqa: PLC0415  loads what reaches buckets

        with open_rows(self._catalog, scope, fields) as rows:
            return pa.Table.from_batches(rows.batches, rows.schema)

    def read(self, one: ObjectToRead) -> bytes:
        found = self._reader.read(one)
        if isinstance(found, MirrorlakeError):
            raise found
        return found

    def close(self) -> None:
        self._stack.close()


def _fetch(http: httpx.Client, url: str, uri: str) -> tuple[bytes, tuple[str, ...]]:
    """The bytes at a presigned address, which no message shows, and what may be their change token."""
    import httpx  # noqa: PLC0415  only with a server

    last = ""
    for _ in range(3):
        try:
            answer = http.get(url)
        except httpx.HTTPError as error:
            last = type(error).__name__
            continue
        if answer.status_code == _OK:
            return answer.content, tuple(answer.headers.get(name, "").strip('"') for name in _VERSIONS)
        if answer.status_code == _GONE:
            raise ObjectGone(f"{uri} is gone.")
        last = f"it answered {answer.status_code}"
        if answer.status_code < 500:  # noqa: PLR2004  the server's own errors may pass
            raise MirrorlakeError(f"{uri} cannot be read: {last}.")
    raise SourceUnreachable(f"{uri} cannot be read: {last}.", "Try again later.")
