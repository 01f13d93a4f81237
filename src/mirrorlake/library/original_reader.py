"""Read the bytes of many objects ahead in threads, in order, each only if they are those that were mirrored.

What was replaced or deleted since is read by its version, if the bucket keeps it.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from copy import copy
from types import TracebackType
from typing import Final, Self, TypeVar

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import MirrorlakeError, NotFound, ObjectChanged, ObjectGone, SourceUnreachable
from mirrorlake.mirror.circuit_breaker import CircuitBreaker
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.objects import ObjectRef
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store
from mirrorlake.storage.versions import Version

OBJECT_BYTES: Final = 1 << 30  # the largest object that is read
THREADS: Final = 8
AHEAD: Final = 32  # objects that are read before they are needed
AHEAD_BYTES: Final = 256_000_000  # of them together, unless a single one is larger

T = TypeVar("T")
R = TypeVar("R")
Bytes = bytes | MirrorlakeError
Change = Callable[[str, bytes], Bytes]  # of a key and its bytes: what is copied instead


class OriginalReader:
    """Opens the store of each datasource once. Use it as a context manager. Thread-safe."""

    def __init__(self, catalog: Catalog, stores: SourceStores, change: Change | None = None) -> None:
        self._catalog = catalog
        self._stores = stores
        self._change = change
        self._stack = ExitStack()
        self._opening = threading.Lock()
        self._opened: dict[str, Store | MirrorlakeError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def store(self, datasource: str) -> Store:
        """The store of a datasource, also of a deleted one. Raises MirrorlakeError if it cannot be opened."""
        with self._opening:
            if datasource not in self._opened:
                self._opened[datasource] = self._open_store(datasource)
            opened = self._opened[datasource]
        if isinstance(opened, MirrorlakeError):
            raise copy(opened)  # raised again for each object, one error would keep all of them in its traceback
        return opened

    def _open_store(self, datasource: str) -> Store | MirrorlakeError:
        try:
            found = datasources.by_name(self._catalog, datasource, deleted=True)
            if found is None:
                raise NotFound(f"The datasource {datasource} does not exist.")
            return self._stack.enter_context(closing(self._stores(found).open()))
        except MirrorlakeError as error:
            return error

    def read(self, one: ObjectRef) -> Bytes:
        """The bytes that were mirrored, or why they cannot be read: gone, changed, too large or unreachable."""
        try:
            data = self._read(self.store(one.datasource), one)
        except MirrorlakeError as error:
            return error
        return data if self._change is None else self._change(one.key, data)

    def _read(self, store: Store, one: ObjectRef) -> bytes:
        try:
            return store.get(one.key, token=one.token, limit=OBJECT_BYTES).data
        except (ObjectGone, ObjectChanged) as error:
            version = Version(token=one.token, id=one.version)
            try:
                return store.get_version(one.key, version, limit=OBJECT_BYTES).data
            except (ObjectGone, ObjectChanged):
                raise error from None  # what happened to the object explains more

    def find(self, one: ObjectRef) -> Version | MirrorlakeError | None:
        """Where the bytes that were mirrored are: None is the object itself, else a version of it, or why they are not.

        Requests the facts of the object.
        """
        version = Version(token=one.token, id=one.version)
        try:
            store = self.store(one.datasource)
            problem = _changed(store, one)
            if problem is None:
                return None
            try:
                store.head_version(one.key, version)
            except (ObjectGone, ObjectChanged):
                return problem
        except MirrorlakeError as error:
            return error
        return version

    def read_all(self, objects: Iterable[tuple[T, ObjectRef]]) -> Iterator[tuple[T, Bytes]]:
        """Read objects in order, several at once; each has an item beside it. Their sizes bound the memory.

        The rest of a datasource that does not answer is not tried.
        """
        breakers: defaultdict[str, CircuitBreaker] = defaultdict(CircuitBreaker)
        coming: deque[tuple[T, ObjectRef, Future[Bytes]]] = deque()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="originals") as threads:
            for item, one in objects:
                while coming and (len(coming) >= AHEAD or one.size + sum(map(_held, coming)) > AHEAD_BYTES):
                    done, _, future = coming.popleft()
                    yield done, future.result()
                self._open(one.datasource)  # here, not in the threads
                coming.append((item, one, threads.submit(guarded, breakers[one.datasource], self.read, one)))
            while coming:
                done, _, future = coming.popleft()
                yield done, future.result()

    def _open(self, datasource: str) -> None:
        try:
            self.store(datasource)
        except MirrorlakeError:
            return  # reported for each of its objects


def guarded(
    breaker: CircuitBreaker, request: Callable[[ObjectRef], R | MirrorlakeError], one: ObjectRef
) -> R | MirrorlakeError:
    """The result of a request for one object, which is not made if the source does not answer."""
    outage = breaker.error()
    if outage is not None:
        return outage
    result = request(one)
    breaker.count(result.message if isinstance(result, SourceUnreachable) else None)
    return result


def _changed(store: Store, one: ObjectRef) -> MirrorlakeError | None:
    """Why the object itself has not the bytes that were mirrored. Raises other errors than those."""
    try:
        info = store.head(one.key)
    except ObjectGone as error:
        return error
    if not info.is_version(one.token):
        return ObjectChanged(f"The object {one.key!r} has changed since it was mirrored.")
    return None


def _held(coming: tuple[T, ObjectRef, Future[Bytes]]) -> int:
    """The bytes that an object takes: what it was changed to may be larger."""
    _, one, future = coming
    read = future.result() if future.done() and future.exception() is None else b""
    return one.size if isinstance(read, MirrorlakeError) else max(one.size, len(read))
