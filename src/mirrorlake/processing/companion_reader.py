"""Read companions in threads of this process: without images to decode, worker processes would mostly load modules."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from mirrorlake.core.columnar import column, present, sum_where
from mirrorlake.formats.stages import Stage
from mirrorlake.model.companions import ROLES
from mirrorlake.model.looking import LOOK_AT_ALL, Depth, Looking
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.processing.process import FetchedObject, NeedsRoom, fetch, finish
from mirrorlake.processing.rows import Job, Result, processed_batch, read_jobs, split_batches
from mirrorlake.storage.base import Store

MOST_THREADS = 32  # fewer if the store answers soon, see `_Readers`
CHUNK_ROWS = 32  # read one after another by one thread
# What is read ahead while a batch is committed: as much as a batch has, so that neither waits for the other.
AHEAD_ROWS = 2048
AHEAD_BYTES = 64 << 20  # as listed
_FEWEST = 2
# Threads read at most one companion in this time, all together. Each takes 0.06 ms of computing, during which no other
# thread of this process computes, so two thirds of that are left for commits.
_INTERVAL_S = 0.0002
_RECENT = 64  # chunks


def read_companions(
    changes: Iterable[pa.RecordBatch],
    store: Store,
    *,
    threads: int,
    check_open: Callable[[], None],
    looking: Looking = LOOK_AT_ALL,
) -> Generator[pa.RecordBatch]:
    """PROCESSED batches for CHANGES rows of which only companions are read, in their order, by at most `threads`.

    `check_open` is called after each batch was read, and its error is raised: the store may have been closed meanwhile.
    Stopping early ends the reading.
    """
    readers = _Readers(lambda job: _read(job, store, looking), threads)
    waiting: deque[tuple[Future[pa.RecordBatch], int, int]] = deque()
    rows = size = 0
    try:
        for chunk in split_batches(changes, CHUNK_ROWS):
            more = _bytes_to_read(chunk)
            while waiting and (rows >= AHEAD_ROWS or size + more > AHEAD_BYTES):
                done, its_rows, its_size = waiting.popleft()
                yield _result(done, check_open)
                rows, size = rows - its_rows, size - its_size
            waiting.append((readers.submit(chunk), chunk.num_rows, more))
            rows, size = rows + chunk.num_rows, size + more
        while waiting:
            yield _result(waiting.popleft()[0], check_open)
    finally:
        readers.close()


class _Closed(Exception):
    """The reading was ended within a chunk."""


class _Readers:
    """Reads chunks in as many threads as the time that a read takes makes useful.

    A bucket far away answers after some ten milliseconds, and a thread waits nearly all of the time: many of them read
    at once. Threads that wait for each other instead of the store only take computing time from the commits. The
    shortest time of recent chunks counts: on a busy machine, or with more threads than are useful, the others contain
    such waits too, so that their number would grow because it has grown.
    """

    def __init__(self, read: Callable[[Job], Result], most: int) -> None:
        self._read = read
        self._most = most
        self._pool = ThreadPoolExecutor(most, "companions")
        self._lock = threading.Lock()  # guards the rest
        self._pending: deque[tuple[pa.RecordBatch, Future[pa.RecordBatch]]] = deque()
        self._useful = min(_FEWEST, most)
        self._recent: deque[float] = deque(maxlen=_RECENT)  # seconds that a read took, of each chunk
        self._running = 0
        self._closed = False

    def submit(self, chunk: pa.RecordBatch) -> Future[pa.RecordBatch]:
        """Read a chunk, after those that were submitted before."""
        future: Future[pa.RecordBatch] = Future()
        with self._lock:
            self._pending.append((chunk, future))
            self._add_thread()
        return future

    def close(self) -> None:
        """Wait for the rows that are being read; nothing else is read any more."""
        with self._lock:
            self._closed = True
            self._pending.clear()
        self._pool.shutdown()

    def _add_thread(self) -> None:
        if self._running < self._useful and not self._closed:
            self._pool.submit(self._read_pending)
            self._running += 1

    def _read_pending(self) -> None:
        while (task := self._next()) is not None:
            chunk, future = task
            started = time.monotonic()
            try:
                batch = self._read_chunk(chunk)
            except BaseException as error:  # noqa: BLE001  it is raised again where the result is taken
                future.set_exception(error)
            else:
                future.set_result(batch)
            read_s = (time.monotonic() - started) / chunk.num_rows
            with self._lock:
                self._recent.append(read_s)
                self._useful = useful_threads(min(self._recent), self._most)
                self._add_thread()

    def _read_chunk(self, chunk: pa.RecordBatch) -> pa.RecordBatch:
        results: list[Result] = []
        for job in read_jobs(chunk):
            if self._closed:  # nobody takes the result
                raise _Closed
            results.append(self._read(job))
        return processed_batch(chunk, results)

    def _next(self) -> tuple[pa.RecordBatch, Future[pa.RecordBatch]] | None:
        """The next chunk; None if this thread has nothing to do, or is not needed."""
        with self._lock:
            if self._pending and self._running <= self._useful:
                return self._pending.popleft()
            self._running -= 1
            return None


def useful_threads(read_s: float, most: int) -> int:
    """How many threads should read at once if a read takes `read_s` seconds in one of them."""
    return max(min(_FEWEST, most), min(most, round(read_s / _INTERVAL_S)))


def _result(done: Future[pa.RecordBatch], check_open: Callable[[], None]) -> pa.RecordBatch:
    batch = done.result()
    check_open()
    return batch


def _bytes_to_read(chunk: pa.RecordBatch) -> int:
    return sum(sum_where(column(chunk, role.size), present(column(chunk, role.key))) for role in ROLES)


def _read(job: Job, store: Store, looking: Looking) -> Result:
    if job.read_image and looking.depth is not Depth.NONE:
        raise ValueError(f"{job.key!r} has an image to decode, which is the work of a worker process")
    fetched = fetch(job, store, looking)
    if not isinstance(fetched, FetchedObject):
        return _result_of(fetched)
    try:
        found = finish(job, fetched, looking)
    except Exception as error:  # noqa: BLE001  a bug met with strange bytes fails this object, not the pass
        reason = f"unexpected error while processing ({type(error).__name__}: {error}); please report this file"
        return Result(result=ResultKind.FAILED, stage=Stage.SIDECAR, reason=reason)
    return _result_of(found)


def _result_of(found: Result | NeedsRoom) -> Result:
    if not isinstance(found, Result):
        raise TypeError("a job without an image is never decoded")
    return found
