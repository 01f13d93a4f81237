"""Behaviour that every store gets by being wrapped: retries with back-off, and counting."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mirrorlake.core.errors import ListingBroken, SourceUnreachable
from mirrorlake.model.objects import KeyRange, ObjectInfo, Requests
from mirrorlake.storage.base import Body, ListPage, Store

ATTEMPTS = 5
BASE_WAIT_S = 0.5  # before the second attempt; doubled for each further one
LONGEST_WAIT_S = 20.0
LONGEST_ASKED_S = 30.0  # a server may ask for more; then it is asked sooner, and perhaps given up
BROKEN_AGAIN = 1  # a page cut short on its way comes whole the next time; a server that breaks its pages does not

T = TypeVar("T")


class Retrying:
    """Asks again where the source could not be reached. A listing is retried page by page, never from its start."""

    def __init__(
        self, store: Store, *, sleep: Callable[[float], object] = time.sleep, attempts: int = ATTEMPTS
    ) -> None:
        self._store = store
        self._sleep = sleep
        self._attempts = max(1, attempts)

    @property
    def ordered(self) -> bool:
        """As the store within."""
        return self._store.ordered

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page; the same cursor is asked again, also where the page came broken."""
        broken = 0
        while True:
            try:
                return self._again(lambda: self._store.list_page(scope, cursor))
            except ListingBroken:
                broken += 1
                if broken > BROKEN_AGAIN:
                    raise
                self._sleep(BASE_WAIT_S)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        return self._again(lambda: self._store.head(key))

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The object; with a token, a retry cannot mix two versions."""
        return self._again(lambda: self._store.get(key, token=token, limit=limit))

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges of the scope."""
        return self._again(lambda: self._store.split(scope, parts))

    def close(self) -> None:
        """Close the store within."""
        self._store.close()

    def _again(self, call: Callable[[], T]) -> T:
        wait = BASE_WAIT_S
        for _ in range(self._attempts - 1):
            try:
                return call()
            except SourceUnreachable as error:
                asked = min(error.again_after_s or 0.0, LONGEST_ASKED_S)
                # Jitter: many threads that failed together must not come back together.
                self._sleep(asked + wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                wait = min(2 * wait, LONGEST_WAIT_S)
        return call()


class Metered:
    """Counts logical calls (one per list page, retries apart) and the bytes of objects."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._requests = Requests()
        self._bytes = 0

    @property
    def requests(self) -> Requests:
        """What was asked so far, failed calls included."""
        with self._lock:
            return self._requests

    @property
    def bytes_read(self) -> int:
        """Bytes of all objects that `get` handed out."""
        with self._lock:
            return self._bytes

    @property
    def ordered(self) -> bool:
        """As the store within."""
        return self._store.ordered

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, one list request."""
        self._count(Requests(list=1))
        return self._store.list_page(scope, cursor)

    def head(self, key: str) -> ObjectInfo:
        """One head request."""
        self._count(Requests(head=1))
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """One get request."""
        self._count(Requests(get=1))
        body = self._store.get(key, token=token, limit=limit)
        with self._lock:
            self._bytes += len(body.data)
        return body

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """One list request where the store looked for places to cut."""
        ranges = self._store.split(scope, parts)
        if len(ranges) > 1:
            self._count(Requests(list=1))
        return ranges

    def close(self) -> None:
        """Close the store within."""
        self._store.close()

    def _count(self, asked: Requests) -> None:
        with self._lock:
            self._requests += asked
