"""A worker process: threads prefetch, one decodes, one stores. Started as `-m mirrorlake.processing.worker`.

    receiver ─tasks─▶ feeder ─(room for the bytes?)─▶ fetch threads ─▶ decoder (main thread) ─▶ keeper ─▶ coordinator

Only the decoder computes; meanwhile, the other threads wait for the network or a disk.

A worker has no state worth saving: if it is killed, another worker processes its rows again.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.formats.registry import load_codecs
from mirrorlake.model.media import MediaKind
from mirrorlake.processing.budget import ByteBudget
from mirrorlake.processing.channel import RowRef, Setup, WorkerStatus, pack_done, pack_fatal, pack_ready, unpack_task
from mirrorlake.processing.process import FetchedObject, RenderedObject, fetch, finish, keep
from mirrorlake.processing.rows import Job, Result, processed_batch, read_jobs
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.storage.providers.registry import all_providers
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

load_codecs({MediaKind.IMAGE})  # now, not with the first object of a format, whose decoding is timed


@dataclass(frozen=True, slots=True, kw_only=True)
class _PendingRow:
    """One row on its way from the feeder to the decoder."""

    row_ref: RowRef
    job: Job
    bytes_taken: int  # bytes taken from the budget
    fetched: Future[FetchedObject | Result]
    task: pa.RecordBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class _FinishedRow:
    """One row on its way from the decoder to the keeper."""

    row_ref: RowRef
    outcome: RenderedObject | Result
    task: pa.RecordBatch


class Worker:
    """The threads and queues of one worker process."""

    def __init__(self, connection: Connection, status: WorkerStatus, setup: Setup) -> None:
        self._connection = connection
        self._status = status
        self._meter = RequestMeter()
        self._store = stack_store(setup.store_factory.open(), meter=self._meter)
        self._thumbnails = Thumbnails(setup.library.store)
        self._media = setup.media
        self._budget = ByteBudget(setup.bytes_in_flight)
        self._tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._pending: queue.SimpleQueue[_PendingRow] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[_FinishedRow] = queue.SimpleQueue()
        self._fetchers = ThreadPoolExecutor(setup.fetch_threads, "fetch")
        self._thread_numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(setup.fetch_threads):
            self._thread_numbers.put(number)
        self._count_lock = threading.Lock()

    def run(self) -> None:
        """Work until the process is killed, or an error (a full disk) must end the pass."""
        self._connection.send_bytes(pack_ready())
        for step in (self._receive, self._feed, self._keep):
            threading.Thread(target=_exit_on_error, args=(step,), daemon=True).start()
        while True:
            pending = self._pending.get()
            self._finished.put(_FinishedRow(row_ref=pending.row_ref, outcome=self._decode(pending), task=pending.task))

    def _receive(self) -> None:
        # Always reading, so that the process ends with its coordinator.
        while True:
            try:
                self._tasks.put(self._connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)

    def _feed(self) -> None:
        while True:
            number, batch = unpack_task(self._tasks.get())
            for row, job in enumerate(read_jobs(batch)):
                bytes_taken = self._budget.take(job.bytes_to_read)
                row_ref = RowRef(number, row)
                fetched = self._fetchers.submit(self._fetch, row_ref, job)
                self._pending.put(
                    _PendingRow(row_ref=row_ref, job=job, bytes_taken=bytes_taken, fetched=fetched, task=batch)
                )

    def _keep(self) -> None:
        # The rows of a task arrive in order.
        results: list[Result] = []
        while True:
            finished = self._finished.get()
            try:
                results.append(keep(finished.outcome, self._thumbnails))
            except MirrorlakeError as error:
                self._connection.send_bytes(pack_fatal(error))
                os._exit(0)
            if len(results) == finished.task.num_rows:
                self._connection.send_bytes(pack_done(finished.row_ref.task, processed_batch(finished.task, results)))
                results = []

    def _fetch(self, row_ref: RowRef, job: Job) -> FetchedObject | Result:
        thread = self._thread_numbers.get()
        self._status.fetching(thread, row_ref)
        try:
            return fetch(job, self._store)
        finally:
            self._status.fetching(thread, None)
            self._thread_numbers.put(thread)
            with self._count_lock:
                self._status.record_requests(self._meter.requests.get, self._meter.bytes_read)

    def _decode(self, pending: _PendingRow) -> RenderedObject | Result:
        fetched = pending.fetched.result()
        self._status.decoding(pending.row_ref, time.monotonic_ns())
        try:
            return fetched if isinstance(fetched, Result) else finish(pending.job, fetched, self._media)
        finally:
            self._status.decoding(None)
            self._budget.give_back(pending.bytes_taken)


def _exit_on_error(step: Callable[[], None]) -> None:
    """Run a thread; if it ends unexpectedly, end the process, so that the coordinator processes the rows again."""
    try:
        step()
    except BaseException:  # noqa: BLE001  printed to standard error, then the process ends
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(70)


def _limit_memory(extra: int) -> None:
    """Limit the address space to `extra` bytes above its current size, so that a bomb raises MemoryError or crashes."""
    pages = int(open("/proc/self/statm").read().split()[0]) if sys.platform == "linux" else 0  # noqa: PTH123, SIM115
    if pages:
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def load_stores() -> None:
    """Load the modules of all stores while waiting for the Setup."""
    for provider in all_providers():
        provider.load()


def main() -> None:
    """Entry of the process: `worker SOCKET BOARD`, both inherited file descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
    logging.disable()  # libvips logs every odd file; its messages become warnings of the asset
    connection = Connection(int(sys.argv[1]))
    load_stores()
    setup: Setup = pickle.loads(connection.recv_bytes())  # noqa: S301  from the process that started us
    try:
        load_codecs(setup.media)
        _limit_memory(setup.memory_bytes)
        Worker(connection, WorkerStatus(int(sys.argv[2]), setup.fetch_threads), setup).run()
    except MirrorlakeError as error:
        connection.send_bytes(pack_fatal(error))


if __name__ == "__main__":
    main()
