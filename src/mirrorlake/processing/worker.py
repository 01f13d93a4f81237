"""A worker process: threads prefetch, one decodes, one answers. Started as `-m mirrorlake.processing.worker`.

    receiver ─tasks─▶ feeder ─(room for the bytes?)─▶ fetch threads ─▶ decoder (main thread) ─▶ sender ─▶ coordinator
                         ▲                                                   │
                         └──── rows that hold more than was expected ◀───────┘

Only the decoder computes; meanwhile, the other threads wait for the network or a disk.

A worker has no state worth saving: if it is killed, another worker processes its rows again.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from operator import itemgetter

import pyarrow as pa

from mirrorlake.core.cpu_limit import limit_cpu
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.formats.registry import load_codecs
from mirrorlake.model.media import MediaKind
from mirrorlake.processing.budget import ByteBudget
from mirrorlake.processing.channel import RowRef, Setup, WorkerStatus, pack_done, pack_fatal, pack_ready, unpack_task
from mirrorlake.processing.process import FetchedObject, NeedsRoom, fetch, finish
from mirrorlake.processing.rows import Job, Result, processed_batch, read_jobs
from mirrorlake.processing.sandbox import limit_memory, load_stores
from mirrorlake.storage.ranged import RangedObject
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

_THREADS = 2  # that may compute at once: the decoder, and those that fetch take less than as much
load_codecs({MediaKind.IMAGE})  # now, not with the first object of a format, whose decoding is timed


@dataclass(frozen=True, slots=True, kw_only=True)
class _WaitingRow:
    """One row that waits for room."""

    row_ref: RowRef
    job: Job
    task: pa.RecordBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class _PendingRow:
    """One row on its way from the feeder to the decoder."""

    row_ref: RowRef
    job: Job
    bytes_taken: int  # bytes taken from the budget
    fetched: Future[FetchedObject | Result | NeedsRoom]
    task: pa.RecordBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class _FinishedRow:
    """One row on its way from the decoder to the sender."""

    row_ref: RowRef
    result: Result
    task: pa.RecordBatch


class Worker:
    """The threads and queues of one worker process."""

    def __init__(self, connection: Connection, status: WorkerStatus, setup: Setup) -> None:
        self._connection = connection
        self._status = status
        self._meter = RequestMeter(on_retry=status.retrying)
        self._store = stack_store(setup.store_factory.open(), meter=self._meter)
        self._looking = setup.looking
        self._cpu_s = setup.decode_s * _THREADS
        self._budget = ByteBudget(setup.bytes_in_flight)
        self._tasks: queue.SimpleQueue[bytes | _WaitingRow] = queue.SimpleQueue()
        self._pending: queue.SimpleQueue[_PendingRow] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[_FinishedRow] = queue.SimpleQueue()
        self._fetchers = ThreadPoolExecutor(setup.fetch_threads, "fetch")
        self._thread_numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(setup.fetch_threads):
            self._thread_numbers.put(number)
        self._count_lock = threading.Lock()

    def run(self) -> None:
        """Work until the process is killed."""
        self._connection.send_bytes(pack_ready())
        for step in (self._receive, self._feed, self._send):
            threading.Thread(target=_exit_on_error, args=(step,), daemon=True).start()
        while True:
            pending = self._pending.get()
            outcome = self._decode(pending)
            if isinstance(outcome, NeedsRoom):
                # The feeder reserves in order: waiting here for rows that are decoded later would never end.
                self._tasks.put(_WaitingRow(row_ref=pending.row_ref, job=outcome.job, task=pending.task))
            else:
                self._finished.put(_FinishedRow(row_ref=pending.row_ref, result=outcome, task=pending.task))

    def _receive(self) -> None:
        # Always reading, so that the process ends with its coordinator.
        while True:
            try:
                self._tasks.put(self._connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)

    def _feed(self) -> None:
        while True:
            waiting = self._tasks.get()
            if isinstance(waiting, _WaitingRow):
                self._feed_row(waiting)
                continue
            number, batch = unpack_task(waiting)
            for row, job in enumerate(read_jobs(batch)):
                self._feed_row(_WaitingRow(row_ref=RowRef(number, row), job=job, task=batch))

    def _feed_row(self, row: _WaitingRow) -> None:
        bytes_taken = self._budget.take(row.job.bytes_to_hold(self._looking))
        fetched = self._fetchers.submit(self._fetch, row.row_ref, row.job)
        self._pending.put(
            _PendingRow(row_ref=row.row_ref, job=row.job, bytes_taken=bytes_taken, fetched=fetched, task=row.task)
        )

    def _send(self) -> None:
        done: dict[int, dict[int, Result]] = {}  # of each task, by row: rows that needed more room come late
        while True:
            finished = self._finished.get()
            task = finished.row_ref.task
            results = done.setdefault(task, {})
            results[finished.row_ref.row] = finished.result
            if len(results) == finished.task.num_rows:
                in_order = [result for _, result in sorted(done.pop(task).items(), key=itemgetter(0))]
                self._connection.send_bytes(pack_done(task, processed_batch(finished.task, in_order)))

    def _fetch(self, row_ref: RowRef, job: Job) -> FetchedObject | Result | NeedsRoom:
        thread = self._thread_numbers.get()
        self._status.fetching(thread, row_ref)
        try:
            return fetch(job, self._store, self._looking)
        finally:
            self._status.fetching(thread, None)
            self._thread_numbers.put(thread)
            self._record_requests()

    def _decode(self, pending: _PendingRow) -> Result | NeedsRoom:
        fetched = pending.fetched.result()
        limit_cpu(self._cpu_s)
        self._status.decoding(pending.row_ref, time.monotonic_ns())
        if isinstance(fetched, FetchedObject) and isinstance(fetched.image, RangedObject):
            fetched.image.waiting = self._status.waiting
        try:
            return finish(pending.job, fetched, self._looking) if isinstance(fetched, FetchedObject) else fetched
        finally:
            self._status.decoding(None)
            self._budget.give_back(pending.bytes_taken)
            self._record_requests()

    def _record_requests(self) -> None:
        with self._count_lock:
            self._status.record_requests(self._meter.requests.get, self._meter.bytes_read)


def _exit_on_error(step: Callable[[], None]) -> None:
    """Run a thread; if it ends unexpectedly, end the process, so that the coordinator processes the rows again."""
    try:
        step()
    except BaseException:  # noqa: BLE001  printed to standard error, then the process ends
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(70)


def main() -> None:
    """Entry of the process: `worker SOCKET BOARD`, both inherited file descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
    logging.disable()  # libvips logs every odd file; its messages become warnings of the asset
    connection = Connection(int(sys.argv[1]))
    load_stores()
    setup: Setup = pickle.loads(connection.recv_bytes())  # noqa: S301  from the process that started us
    try:
        load_codecs(setup.looking.media)
        limit_memory(setup.memory_bytes)
        Worker(connection, WorkerStatus(int(sys.argv[2]), setup.fetch_threads), setup).run()
    except MirrorlakeError as error:
        connection.send_bytes(pack_fatal(error))


if __name__ == "__main__":
    main()
