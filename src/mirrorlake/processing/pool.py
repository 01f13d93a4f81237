"""Process many objects: distribute CHANGES rows to worker processes, return PROCESSED rows, survive crashes.

If a worker dies or hangs, no row is lost: the rows that it was reading or decoding are tried again, each alone. A row
that ends its worker again is refused with the reason; all other rows are processed again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.formats.stages import Stage
from mirrorlake.model.looking import LOOK_AT_ALL, Looking
from mirrorlake.model.objects import Requests
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.processing.channel import Setup
from mirrorlake.processing.gather import GATHER_COMPANIONS, GATHER_ROWS, gather
from mirrorlake.processing.prestart import WorkerPrestarter, cores
from mirrorlake.processing.rows import Result, processed_batch, read_jobs, split_batches
from mirrorlake.processing.store_factory import StoreFactory, with_resolved_credentials
from mirrorlake.processing.worker_process import Chunk, WorkerProcess, cannot_start
from mirrorlake.storage.base import Store
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

CHUNK_ROWS = 16  # small, so that all workers finish at about the same time
CHUNKS_IN_FLIGHT = 4  # per worker: enough to prefetch, also while other rows are being committed
FETCH_THREADS = 4
_POLL_S = 0.5  # between checks for hanging decoders and a closed pool
_ATTEMPTS = 2  # crashes without a suspect before each row is tried alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one worker."""

    bytes_in_flight: int = 256 << 20  # fetched and not yet decoded
    memory_bytes: int = 4 << 30  # address space on top of the started process: 250 megapixels decoded whole
    decode_s: float = 60.0  # an image of the largest size takes a fifth of that


class ProcessingPool:
    """Processes objects in `processes` workers, or in this process if that is 0.

    Workers start when there is work, or a few of them with `start_early` (or before, in `prestarter`), and run until
    `close`. One call of `process` at a time. `looking` decides what becomes of the objects.
    """

    def __init__(
        self,
        store_factory: StoreFactory,
        *,
        processes: int | None = None,
        fetch_threads: int = FETCH_THREADS,
        limits: Limits | None = None,
        looking: Looking = LOOK_AT_ALL,
        prestarter: WorkerPrestarter | None = None,
    ) -> None:
        limits = limits or Limits()
        self._store_factory = store_factory
        self._prestarter = prestarter or WorkerPrestarter()
        self._processes = cores() if processes is None else processes
        self._limits = limits
        self._looking = looking
        self._fetch_threads = fetch_threads
        self._setup: Setup | None = None  # of the workers, made when the first one starts
        self._workers: list[WorkerProcess] = []
        self._local_store: Store | None = None
        self._local_meter = RequestMeter()
        self._tasks = 0
        self._lock = threading.Lock()  # guards the counts and the list of workers against other threads
        self._gets = 0  # of workers that have ended
        self._bytes = 0
        self._closed = False
        self._iterating = False

    @property
    def requests(self) -> Requests:
        """Requests to the store so far; can be read from any thread, also after `close`."""
        with self._lock:
            gets = self._gets + sum(worker.status.gets for worker in self._workers)
            return self._local_meter.requests + Requests(get=gets)

    @property
    def bytes_read(self) -> int:
        """Bytes of objects read so far; can be read from any thread, also after `close`."""
        with self._lock:
            return (
                self._local_meter.bytes_read + self._bytes + sum(worker.status.data_bytes for worker in self._workers)
            )

    @property
    def retrying_until_ns(self) -> int:
        """The end of the last pause before a retry, on the monotonic clock; 0 after the workers have ended."""
        with self._lock:
            return max(
                self._local_meter.retrying_until_ns, *(worker.status.retrying_until_ns for worker in self._workers), 0
            )

    def start_early(self) -> None:
        """Start workers before there is work: loading their modules takes longer than a short listing."""
        self._prestarter.start(self._processes)

    def process(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """PROCESSED batches for the CHANGES rows, in any order, each row exactly once; small batches, soon.

        All rows must need reading: NEW, CHANGED, COMPANION, and MOVED or RETURNED rows with a changed companion
        (ValueError otherwise). `changes` is read only as far as the workers need, always in the iterating thread.
        Raises MirrorlakeError if no worker starts or the pool is closed meanwhile. Close the iteration where it may be
        stopped early: that ends the work in progress.
        """
        found = self._process_here(changes) if self._processes == 0 else self._process_in_workers(changes)
        return gather(found, GATHER_ROWS)

    def read_companions(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """PROCESSED batches for CHANGES rows of which only companions are read. Starts no workers.

        With Depth.NONE, also those of which the object would be read otherwise. Raises ValueError for others with an
        object to read, and MirrorlakeError if the pool is closed meanwhile.
        """
        from mirrorlake.processing.companion_reader import (  # noqa: PLC0415  as process_object
            MOST_THREADS,
            read_companions,
        )

        some = next(batches := iter(changes), None)
        if some is None:
            return
        found = read_companions(
            chain([some], batches),
            self._open_local_store(),
            threads=MOST_THREADS if self._processes else 1,  # one: the order of requests is that of the changes
            check_open=self._check_open,
            looking=self._looking,
        )
        yield from gather(found, GATHER_COMPANIONS)

    def close(self) -> None:
        """End all workers immediately. Can be called repeatedly and from any thread: `process` then raises an error."""
        self._closed = True
        self._prestarter.close()
        with self._lock:
            for worker in self._workers:
                worker.kill()
        # A running iteration notices within _POLL_S and cleans up; otherwise it is done here.
        if not self._iterating:
            for worker in list(self._workers):
                self._end(worker)
        if self._local_store:
            self._local_store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _process_here(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch | None, None, None]:
        store = self._open_local_store()
        from mirrorlake.processing.process import process_object  # noqa: PLC0415  loads decoders; a coordinator needs none

        for batch in split_batches(changes, CHUNK_ROWS):
            self._check_open()
            jobs = read_jobs(batch)
            yield processed_batch(batch, [process_object(job, store, self._looking) for job in jobs])

    def _open_local_store(self) -> Store:
        if self._local_store is None:
            self._local_store = stack_store(self._store_factory.open(), meter=self._local_meter)
        return self._local_store

    def _process_in_workers(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch | None, None, None]:
        fresh = (Chunk(batch) for batch in split_batches(changes, CHUNK_ROWS) if read_jobs(batch))
        again: deque[Chunk] = deque()
        self._iterating = True
        try:
            while True:
                self._check_open()
                self._assign_chunks(fresh, again)
                busy = {worker.connection: worker for worker in self._workers if worker.in_flight}
                if not busy:
                    return
                for connection in wait(list(busy), _POLL_S):
                    yield from self._receive_results(busy[connection], again)  # pyright: ignore[reportArgumentType]  returns the given connections
                yield None  # lets gather return rows that have waited long enough
                for worker in list(self._workers):
                    if worker.stuck(self._limits.decode_s):
                        yield from self._handle_worker_exit(
                            worker, again, f"did not finish within {self._limits.decode_s:.0f} s"
                        )
        finally:
            self._iterating = False
            for worker in list(self._workers):
                # Nobody would receive the results of an abandoned worker.
                if self._closed or worker.in_flight:
                    self._end(worker)

    def _assign_chunks(self, fresh: Iterator[Chunk], again: deque[Chunk]) -> None:
        """Assign chunks to the workers. While a row waits to be tried alone, no other chunk is assigned."""
        while True:
            alone = bool(again) and again[0].alone
            worker = self._least_loaded(alone=alone)
            if worker is None and len(self._workers) >= self._processes:
                return
            chunk = again.popleft() if again else next(fresh, None)
            if chunk is None:
                return
            if worker is None:
                worker = self._start_worker()
            self._tasks += 1
            worker.send_chunk(self._tasks, chunk)

    def _start_worker(self) -> WorkerProcess:
        if self._setup is None:
            self._setup = Setup(
                store_factory=with_resolved_credentials(self._store_factory),
                fetch_threads=self._fetch_threads,
                bytes_in_flight=self._limits.bytes_in_flight,
                memory_bytes=self._limits.memory_bytes,
                decode_s=self._limits.decode_s,
                looking=self._looking,
            )
        worker = WorkerProcess(self._prestarter.take(), self._setup)
        with self._lock:
            self._workers.append(worker)
        return worker

    def _least_loaded(self, *, alone: bool) -> WorkerProcess | None:
        """The worker for the next chunk; None if all are full, or if starting another one is better."""
        loads = [
            (len(worker.in_flight), place)
            for place, worker in enumerate(self._workers)
            if not any(chunk.alone for chunk in worker.in_flight.values())
        ]
        load, place = min(loads, default=(CHUNKS_IN_FLIGHT, 0))
        may_start = len(self._workers) < self._processes
        most = 1 if alone or may_start else CHUNKS_IN_FLIGHT
        return self._workers[place] if load < most else None

    def _receive_results(self, worker: WorkerProcess, again: deque[Chunk]) -> Iterator[pa.RecordBatch]:
        try:
            done = worker.receive()
        except EOFError:
            self._check_open()
            if not worker.ready:
                error = cannot_start(worker)
                self._end(worker)
                raise error from None
            yield from self._handle_worker_exit(worker, again, worker.exit_summary())
            return
        if done is not None:
            yield done.batch

    def _handle_worker_exit(self, worker: WorkerProcess, again: deque[Chunk], end: str) -> Iterator[pa.RecordBatch]:
        """Handle the rows of a worker that died or hangs: a row that was alone fails, the others are tried again."""
        decoded, fetched = worker.status.decoded, worker.status.fetched
        suspects = {*fetched, decoded} - {None}
        self._end(worker)
        for task, chunk in worker.in_flight.items():
            if not chunk.alone:
                rows = {place.row for place in suspects if place is not None and place.task == task}
                again.extend(_retry_chunks(chunk, rows, blind=not suspects))
            elif fetched and decoded is None:
                reason = f"the worker that was fetching it {end}, twice"
                verdict = Result(result=ResultKind.FAILED, stage=Stage.FETCH, reason=reason)
                yield processed_batch(chunk.batch, [verdict])
            else:
                reason = f"the decoder {end}, twice"
                verdict = Result(result=ResultKind.REFUSED, stage=Stage.DECODE, reason=reason)
                yield processed_batch(chunk.batch, [verdict])

    def _end(self, worker: WorkerProcess) -> None:
        worker.kill()
        with self._lock:
            if worker not in self._workers:
                return
            self._workers.remove(worker)
            self._gets += worker.status.gets
            self._bytes += worker.status.data_bytes
        worker.close()

    def _check_open(self) -> None:
        if self._closed:
            raise MirrorlakeError("Processing was stopped.", "All committed work is kept.")


def _retry_chunks(chunk: Chunk, suspects: set[int], *, blind: bool) -> Iterator[Chunk]:
    """The rows of a chunk whose worker died, divided so that the number of retries is bounded.

    Each suspect is tried alone. With no suspect at all (`blind`) the chunk is tried as a whole again, then row by row.
    """
    attempts = chunk.attempts + blind
    rows = range(chunk.batch.num_rows)
    single = set(rows) if attempts >= _ATTEMPTS else suspects
    for row in sorted(single):
        yield Chunk(chunk.batch.slice(row, 1), alone=True)
    rest = [row for row in rows if row not in single]
    if rest:
        yield Chunk(chunk.batch.take(pa.array(rest)), attempts=attempts)
