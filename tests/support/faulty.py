"""A wrapper that makes any store fail on command."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError, SourceUnreachable
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo
from mirrorlake.storage.base import Body, ListPage, Store
from mirrorlake.storage.versions import Version

Verb = Literal["list", "head", "get", "split"]


@dataclass
class _Fault:
    verb: Verb
    at: int  # 1 = the next call of that verb
    times: int
    error: MirrorlakeError
    keys: Callable[[str], bool]


class Faulty:
    """Forwards every call to `store`, except for the configured faults. Thread-safe.

    `calls` records each call as (verb, key or prefix), including failed ones.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self.calls: list[tuple[Verb, str]] = []
        self.latency_s = 0.0  # before every answer
        self.truncate_after: int | None = None  # every listing claims to end after this many pages
        self.hidden: Callable[[str], bool] = lambda _: False  # keys that listings leave out
        self.lying: Callable[[str], bool] = lambda _: False  # keys whose listed token is not the object's
        self.before_list: Callable[[], object] = lambda: None  # before every page
        self.before_get: Callable[[str], object] = lambda _: None  # e.g. replace the object between list and get

    def fail(
        self,
        verb: Verb,
        *,
        at: int = 1,
        times: int = 1,
        error: MirrorlakeError | None = None,
        keys: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Raise `error` at the `at`-th call of `verb` from now (of those whose key or prefix fits `keys`)."""
        raised = error or SourceUnreachable("The test says that the source cannot be reached.")
        with self._lock:
            self._faults.append(_Fault(verb, at, times, raised, keys))

    @property
    def ordered(self) -> bool:
        return self._store.ordered

    @property
    def server(self) -> str | None:
        return self._store.server

    def identify(self) -> Identity | None:
        return self._store.identify()

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        self._pass("list", scope.prefix)
        self.before_list()
        page_number, inner = cursor if isinstance(cursor, tuple) else (1, cursor)
        page = self._store.list_page(scope, inner)
        following = None if page.cursor is None else (page_number + 1, page.cursor)
        if self.truncate_after is not None and page_number >= self.truncate_after:
            following = None
        return ListPage(batch=self._altered(page.batch), cursor=following, unsupported=page.unsupported)

    def head(self, key: str) -> ObjectInfo:
        self._pass("head", key)
        return self._store.head(key)

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        self._pass("get", key)
        self.before_get(key)
        return self._store.get(key, token=token, limit=limit)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        self._pass("get", key)
        self.before_get(key)
        return self._store.get_range(key, token=token, start=start, length=length)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        self._pass("split", scope.prefix)
        return self._store.split(scope, parts)

    def presign(self, key: str, expires_s: int) -> str | None:
        return self._store.presign(key, expires_s)

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        self._pass("head", key)
        return self._store.head_version(key, version)

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        self._pass("get", key)
        return self._store.get_version(key, version, limit=limit)

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        return self._store.presign_version(key, version, expires_s)

    def close(self) -> None:
        self._store.close()

    def _pass(self, verb: Verb, about: str) -> None:
        if self.latency_s:
            time.sleep(self.latency_s)
        error: MirrorlakeError | None = None
        with self._lock:
            self.calls.append((verb, about))
            for fault in self._faults:
                if fault.verb != verb or not fault.keys(about) or not fault.times:
                    continue
                fault.at -= 1
                if fault.at <= 0:
                    fault.times -= 1
                    error = error or fault.error
        if error is not None:
            raise error

    def _altered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        keys = batch.column("key").to_pylist()
        if any(map(self.lying, keys)):
            tokens = batch.column("token").to_pylist()
            listed = [f"not-{token}" if self.lying(key) else token for key, token in zip(keys, tokens, strict=True)]
            batch = batch.set_column(
                batch.schema.get_field_index("token"), batch.schema.field("token"), pa.array(listed)
            )
        if any(map(self.hidden, keys)):
            batch = batch.filter(pa.array([not self.hidden(key) for key in keys]))
        return batch
