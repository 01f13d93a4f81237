"""Wrappers that add behaviour to any store. `storage/stack.py` applies them in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mirrorlake.core.errors import ListingBroken, MirrorlakeError
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo, Requests
from mirrorlake.storage.base import Body, ListPage, Store
from mirrorlake.storage.retry import BASE_WAIT_S, RetryPolicy
from mirrorlake.storage.versions import Version

BROKEN_AGAIN = (
    1  # a page that was truncated in transit is complete the next time; a broken server sends broken pages again
)

_ONE_GET = Requests(get=1)
T = TypeVar("T")


class ListingStopped(MirrorlakeError):
    """The listing was stopped because another range failed or the user cancelled."""


class StoreWrapper:
    """A store that forwards every call to the wrapped store. Subclasses override what they change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def ordered(self) -> bool:
        """As the wrapped store."""
        return self._store.ordered

    @property
    def server(self) -> str | None:
        """As the wrapped store."""
        return self._store.server

    def identify(self) -> Identity | None:
        """As the wrapped store."""
        return self._store.identify()

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """As the wrapped store."""
        return self._store.list_page(scope, cursor)

    def head(self, key: str) -> ObjectInfo:
        """As the wrapped store."""
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """As the wrapped store."""
        return self._store.get(key, token=token, limit=limit)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """As the wrapped store."""
        return self._store.get_range(key, token=token, start=start, length=length)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """As the wrapped store."""
        return self._store.split(scope, parts)

    def presign(self, key: str, expires_s: int) -> str | None:
        """As the wrapped store."""
        return self._store.presign(key, expires_s)

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """As the wrapped store."""
        return self._store.head_version(key, version)

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """As the wrapped store."""
        return self._store.get_version(key, version, limit=limit)

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """As the wrapped store."""
        return self._store.presign_version(key, version, expires_s)

    def close(self) -> None:
        """Close the wrapped store."""
        self._store.close()


class RetryingStore(StoreWrapper):
    """Retries calls if the source was unreachable. A listing is retried page by page, never from its start."""

    def __init__(self, store: Store, policy: RetryPolicy) -> None:
        super().__init__(store)
        self._policy = policy
        self._meter: RequestMeter | None = None

    def report_to(self, meter: RequestMeter) -> None:
        """Report retries to a meter."""
        self._meter = meter

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, retried with the same cursor; a broken page is also retried."""
        broken = 0
        while True:
            try:
                return self._call(lambda: self._store.list_page(scope, cursor))
            except ListingBroken:
                broken += 1
                if broken > BROKEN_AGAIN:
                    raise
                self._policy.sleep(BASE_WAIT_S)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        return self._call(lambda: self._store.head(key))

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The object; with a token, a retry cannot mix two versions."""
        return self._call(lambda: self._store.get(key, token=token, limit=limit))

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object."""
        return self._call(lambda: self._store.get_range(key, token=token, start=start, length=length))

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """The facts of a version."""
        return self._call(lambda: self._store.head_version(key, version))

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """A version of the object."""
        return self._call(lambda: self._store.get_version(key, version, limit=limit))

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges of the scope."""
        return self._call(lambda: self._store.split(scope, parts))

    def _call(self, action: Callable[[], T]) -> T:
        meter = self._meter
        return self._policy.call(action) if meter is None else self._policy.call(action, meter.note_retry)


class RequestMeter:
    """Counts logical calls (one per list page, without retries) and the bytes of objects. Thread-safe.

    It also knows until when calls pause before they are retried; `on_retry` receives each change of that.
    """

    def __init__(self, on_retry: Callable[[int], object] | None = None) -> None:
        self._on_retry = on_retry
        self._lock = threading.Lock()
        self._requests = Requests()
        self._bytes = 0
        self._retrying_until_ns = 0

    @property
    def requests(self) -> Requests:
        """Calls so far, including failed ones."""
        with self._lock:
            return self._requests

    @property
    def bytes_read(self) -> int:
        """Bytes of all objects and parts of them that were returned."""
        with self._lock:
            return self._bytes

    def count(self, requests: Requests) -> None:
        """Add calls."""
        with self._lock:
            self._requests += requests

    def count_bytes(self, size: int) -> None:
        """Add bytes."""
        with self._lock:
            self._bytes += size

    @property
    def retrying_until_ns(self) -> int:
        """The end of the last pause before a retry, on the monotonic clock; 0 if nothing was retried."""
        with self._lock:
            return self._retrying_until_ns

    def note_retry(self, pause_s: float) -> None:
        """Record a pause that begins now."""
        until = time.monotonic_ns() + int(pause_s * 1e9)
        with self._lock:
            self._retrying_until_ns = max(self._retrying_until_ns, until)
            if self._on_retry is not None:
                self._on_retry(self._retrying_until_ns)


class MeteredStore(StoreWrapper):
    """Reports every call to a meter."""

    def __init__(self, store: Store, meter: RequestMeter) -> None:
        super().__init__(store)
        self._meter = meter

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, one list request."""
        self._meter.count(Requests(list=1))
        return self._store.list_page(scope, cursor)

    def identify(self) -> Identity | None:
        """One list request if the store made one."""
        found = self._store.identify()
        if found is not None:
            self._meter.count(Requests(list=found.requests))
        return found

    def head(self, key: str) -> ObjectInfo:
        """One head request."""
        self._meter.count(Requests(head=1))
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """One get request."""
        self._meter.count(_ONE_GET)
        body = self._store.get(key, token=token, limit=limit)
        self._meter.count_bytes(len(body.data))
        return body

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """One get request."""
        self._meter.count(_ONE_GET)
        body = self._store.get_range(key, token=token, start=start, length=length)
        self._meter.count_bytes(len(body.data))
        return body

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """One head request."""
        self._meter.count(Requests(head=1))
        return self._store.head_version(key, version)

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """One get request."""
        self._meter.count(_ONE_GET)
        body = self._store.get_version(key, version, limit=limit)
        self._meter.count_bytes(len(body.data))
        return body

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """One list request if the store listed prefixes to split at."""
        ranges = self._store.split(scope, parts)
        if len(ranges) > 1:
            self._meter.count(Requests(list=1))
        return ranges


class CancellableStore(StoreWrapper):
    """Runs `check` before every call. Its error ends listings, existence checks and reads."""

    def __init__(self, store: Store, check: Callable[[], object]) -> None:
        super().__init__(store)
        self._check = check

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page."""
        self._check()
        return self._store.list_page(scope, cursor)

    def identify(self) -> Identity | None:
        """As the wrapped store."""
        self._check()
        return self._store.identify()

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        self._check()
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The object."""
        self._check()
        return self._store.get(key, token=token, limit=limit)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object."""
        self._check()
        return self._store.get_range(key, token=token, start=start, length=length)

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """The facts of a version."""
        self._check()
        return self._store.head_version(key, version)

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """A version of the object."""
        self._check()
        return self._store.get_version(key, version, limit=limit)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges of the scope."""
        self._check()
        return self._store.split(scope, parts)


class ListingMonitor:
    """Monitors listings: reports the number of objects so far, and can stop them from any thread."""

    def __init__(self, listed: Callable[[int], object]) -> None:
        self._listed = listed
        self._lock = threading.Lock()
        self._objects = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every running listing before its next page."""
        self._stopped.set()

    def check(self) -> None:
        """Raise ListingStopped after `stop`."""
        if self._stopped.is_set():
            raise ListingStopped("The listing was stopped.")

    def count(self, objects: int) -> None:
        """Add objects."""
        with self._lock:
            self._objects += objects
            self._listed(self._objects)


class MonitoredStore(StoreWrapper):
    """Reports every page of a listing to a monitor, and stops with the monitor."""

    def __init__(self, store: Store, monitor: ListingMonitor) -> None:
        super().__init__(store)
        self._monitor = monitor

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, counted. Raises ListingStopped."""
        self._monitor.check()
        page = self._store.list_page(scope, cursor)
        self._monitor.count(page.batch.num_rows)
        return page
