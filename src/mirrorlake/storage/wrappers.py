"""Behaviour that any store gets by being wrapped. `storage/stack.py` puts the wrappers in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mirrorlake.core.errors import ListingBroken, MirrorlakeError
from mirrorlake.model.objects import KeyRange, ObjectInfo, Requests
from mirrorlake.storage.base import Body, ListPage, Store
from mirrorlake.storage.retry import BASE_WAIT_S, RetryPolicy

BROKEN_AGAIN = 1  # a page cut short on its way comes whole the next time; a server that breaks its pages does not


class ListingStopped(MirrorlakeError):
    """Another range failed, or the person gave up: what this range would still find is of no use."""


class StoreWrapper:
    """A store that passes every call on to the store within. Wrappers override what they change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def ordered(self) -> bool:
        """As the store within."""
        return self._store.ordered

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """As the store within."""
        return self._store.list_page(scope, cursor)

    def head(self, key: str) -> ObjectInfo:
        """As the store within."""
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """As the store within."""
        return self._store.get(key, token=token, limit=limit)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """As the store within."""
        return self._store.split(scope, parts)

    def presign(self, key: str, expires_s: int) -> str | None:
        """As the store within."""
        return self._store.presign(key, expires_s)

    def close(self) -> None:
        """Close the store within."""
        self._store.close()


class RetryingStore(StoreWrapper):
    """Asks again where the source could not be reached. A listing is retried page by page, never from its start."""

    def __init__(self, store: Store, policy: RetryPolicy) -> None:
        super().__init__(store)
        self._policy = policy

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page; the same cursor is asked again, also where the page came broken."""
        broken = 0
        while True:
            try:
                return self._policy.call(lambda: self._store.list_page(scope, cursor))
            except ListingBroken:
                broken += 1
                if broken > BROKEN_AGAIN:
                    raise
                self._policy.sleep(BASE_WAIT_S)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        return self._policy.call(lambda: self._store.head(key))

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The object; with a token, a retry cannot mix two versions."""
        return self._policy.call(lambda: self._store.get(key, token=token, limit=limit))

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges of the scope."""
        return self._policy.call(lambda: self._store.split(scope, parts))


class RequestMeter:
    """Counts logical calls (one per list page, retries apart) and the bytes of objects. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = Requests()
        self._bytes = 0

    @property
    def requests(self) -> Requests:
        """Calls so far, failed ones included."""
        with self._lock:
            return self._requests

    @property
    def bytes_read(self) -> int:
        """Bytes of all objects that `get` handed out."""
        with self._lock:
            return self._bytes

    def count(self, requests: Requests) -> None:
        """So many calls more."""
        with self._lock:
            self._requests += requests

    def count_bytes(self, size: int) -> None:
        """So many bytes more."""
        with self._lock:
            self._bytes += size


class MeteredStore(StoreWrapper):
    """Reports every call to a meter."""

    def __init__(self, store: Store, meter: RequestMeter) -> None:
        super().__init__(store)
        self._meter = meter

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, one list request."""
        self._meter.count(Requests(list=1))
        return self._store.list_page(scope, cursor)

    def head(self, key: str) -> ObjectInfo:
        """One head request."""
        self._meter.count(Requests(head=1))
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """One get request."""
        self._meter.count(Requests(get=1))
        body = self._store.get(key, token=token, limit=limit)
        self._meter.count_bytes(len(body.data))
        return body

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """One list request where the store searched for places to cut."""
        ranges = self._store.split(scope, parts)
        if len(ranges) > 1:
            self._meter.count(Requests(list=1))
        return ranges


class CancellableStore(StoreWrapper):
    """Runs `check` before every call. What it raises ends listings, proofs and reads alike."""

    def __init__(self, store: Store, check: Callable[[], object]) -> None:
        super().__init__(store)
        self._check = check

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page."""
        self._check()
        return self._store.list_page(scope, cursor)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        self._check()
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The object."""
        self._check()
        return self._store.get(key, token=token, limit=limit)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges of the scope."""
        self._check()
        return self._store.split(scope, parts)


class ListingMonitor:
    """Watches the pages of listings: reports how many objects they hold so far, and can stop them from any thread."""

    def __init__(self, listed: Callable[[int], object]) -> None:
        self._listed = listed
        self._lock = threading.Lock()
        self._objects = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let every listing under way end before its next page."""
        self._stopped.set()

    def check(self) -> None:
        """Raises ListingStopped after `stop`."""
        if self._stopped.is_set():
            raise ListingStopped("The listing was stopped.")

    def count(self, objects: int) -> None:
        """So many objects more."""
        with self._lock:
            self._objects += objects
            self._listed(self._objects)


class MonitoredStore(StoreWrapper):
    """Reports every page of a listing to a monitor, and stops when the monitor does."""

    def __init__(self, store: Store, monitor: ListingMonitor) -> None:
        super().__init__(store)
        self._monitor = monitor

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, counted. Raises ListingStopped."""
        self._monitor.check()
        page = self._store.list_page(scope, cursor)
        self._monitor.count(page.batch.num_rows)
        return page
