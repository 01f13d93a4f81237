"""Let work that is to end ask nothing more of its source: a run that somebody cancelled, a look that nobody awaits."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.model.objects import KeyRange, ObjectInfo
from mirrorlake.storage.base import Body, ListPage, Store

CancelCheck = Callable[[], object]  # raises once the work is to end


def never_cancelled() -> None:
    """For work that goes on to its end."""


class WorkerStopped(KeyboardInterrupt):
    """The worker of a pass is to end, and nobody gave up the pass: another worker goes on with it."""


class CancellableStore:
    """A store that runs `check` before every call. What `check` raises ends listings, proofs and looks alike."""

    def __init__(self, store: Store, check: CancelCheck) -> None:
        self._store = store
        self._check = check

    @property
    def ordered(self) -> bool:
        """As the store within."""
        return self._store.ordered

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

    def close(self) -> None:
        """Close the store within."""
        self._store.close()
