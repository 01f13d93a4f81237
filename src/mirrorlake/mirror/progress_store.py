"""Watch the listing of a source page by page: tell how far it is, and end it when nobody wants it any more."""

from __future__ import annotations

import threading

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.mirror.progress import Progress
from mirrorlake.model.objects import KeyRange, ObjectInfo
from mirrorlake.storage.base import Body, ListPage, Store


class ListingStopped(MirrorlakeError):
    """Another range failed, or the person gave up: what this range would still find is of no use."""


class ProgressReportingStore:
    """A store whose listing is told to `progress` and can be stopped from any thread."""

    def __init__(self, store: Store, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._lock = threading.Lock()
        self._objects = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let every listing under way end before its next page."""
        self._stopped.set()

    @property
    def ordered(self) -> bool:
        """As the store within."""
        return self._store.ordered

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page, counted. Raises ListingStopped after `stop`."""
        if self._stopped.is_set():
            raise ListingStopped("The listing was stopped.")
        page = self._store.list_page(scope, cursor)
        with self._lock:
            self._objects += page.batch.num_rows
            self._progress.listed(self._objects)
        return page

    def head(self, key: str) -> ObjectInfo:
        """As the store within."""
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """As the store within."""
        return self._store.get(key, token=token, limit=limit)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """As the store within."""
        return self._store.split(scope, parts)

    def close(self) -> None:
        """Close the store within."""
        self._store.close()
