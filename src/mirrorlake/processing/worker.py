"""A worker process: threads fetch ahead, one decodes, one keeps. Started as `-m mirrorlake.processing.worker`.

    receiver ─tasks─▶ feeder ─(room for the bytes?)─▶ fetch threads ─▶ decoder (main thread) ─▶ keeper ─▶ coordinator

Only the decoder thinks; all others wait for the network or a disk while it does.

It holds no state worth saving: killed at any moment, its rows are simply looked at again by another one.
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
from mirrorlake.processing.channel import RowRef, Setup, WorkerStatus, pack_done, pack_fatal, pack_ready, unpack_task
from mirrorlake.processing.process import Fetched, RenderedObject, fetch, finish, keep
from mirrorlake.processing.rows import Job, Result, jobs_of, processed_batch
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.storage.providers.registry import all_providers
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """One row on its way from the feeder to the decoder."""

    place: RowRef
    job: Job
    cost: int  # bytes taken from the budget
    fetched: Future[Fetched | Result]
    task: pa.RecordBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finished:
    """One row on its way from the decoder to the keeper."""

    place: RowRef
    end: RenderedObject | Result
    task: pa.RecordBatch


class _Budget:
    """Bytes that may be held at once. Taken in row order by one thread, so that the next row always gets its share."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._changed = threading.Condition()

    def take(self, wanted: int) -> int:
        """Wait for room; an object larger than the whole budget gets all of it."""
        cost = min(wanted, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= cost)
            self._free -= cost
        return cost

    def give_back(self, cost: int) -> None:
        with self._changed:
            self._free += cost
            self._changed.notify()


class Worker:
    """The life of one worker process."""

    def __init__(self, connection: Connection, board: WorkerStatus, setup: Setup) -> None:
        self._connection = connection
        self._board = board
        self._meter = RequestMeter()
        self._store = stack_store(setup.opens.open(), meter=self._meter)
        self._thumbnails = Thumbnails(setup.library.store)
        self._budget = _Budget(setup.bytes_in_flight)
        self._tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._pending: queue.SimpleQueue[_Pending] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[_Finished] = queue.SimpleQueue()
        self._fetchers = ThreadPoolExecutor(setup.fetch_threads, "fetch")
        self._thread_numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(setup.fetch_threads):
            self._thread_numbers.put(number)
        self._counting = threading.Lock()

    def run(self) -> None:
        """Work until the process is ended from outside, or the pass must end (a full disk)."""
        self._connection.send_bytes(pack_ready())
        for step in (self._receive, self._feed, self._keep):
            threading.Thread(target=_or_die, args=(step,), daemon=True).start()
        while True:
            pending = self._pending.get()
            self._finished.put(_Finished(place=pending.place, end=self._decode(pending), task=pending.task))

    def _receive(self) -> None:
        # Always reading: the end of the coordinator, however it came, is the end of this process.
        while True:
            try:
                self._tasks.put(self._connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)

    def _feed(self) -> None:
        while True:
            number, batch = unpack_task(self._tasks.get())
            for row, job in enumerate(jobs_of(batch)):
                cost = self._budget.take(job.bytes_to_read)
                place = RowRef(number, row)
                fetched = self._fetchers.submit(self._fetch, place, job)
                self._pending.put(_Pending(place=place, job=job, cost=cost, fetched=fetched, task=batch))

    def _keep(self) -> None:
        # The rows of a task come one after the other, as they were fed.
        seen: list[Result] = []
        while True:
            finished = self._finished.get()
            try:
                seen.append(keep(finished.end, self._thumbnails))
            except MirrorlakeError as error:
                self._connection.send_bytes(pack_fatal(error))
                os._exit(0)
            if len(seen) == finished.task.num_rows:
                self._connection.send_bytes(pack_done(finished.place.task, processed_batch(finished.task, seen)))
                seen = []

    def _fetch(self, place: RowRef, job: Job) -> Fetched | Result:
        thread = self._thread_numbers.get()
        self._board.fetching(thread, place)
        try:
            return fetch(job, self._store)
        finally:
            self._board.fetching(thread, None)
            self._thread_numbers.put(thread)
            with self._counting:
                self._board.count_noun(self._meter.requests.get, self._meter.bytes_read)

    def _decode(self, pending: _Pending) -> RenderedObject | Result:
        fetched = pending.fetched.result()
        self._board.decoding(pending.place, time.monotonic_ns())
        try:
            return fetched if isinstance(fetched, Result) else finish(pending.job, fetched)
        finally:
            self._board.decoding(None)
            self._budget.give_back(pending.cost)


def _or_die(step: Callable[[], None]) -> None:
    """A thread that ends unexpectedly must end its process: the coordinator then redoes the rows."""
    try:
        step()
    except BaseException:  # noqa: BLE001  told on standard error, then the process ends
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(70)


def _limit_memory(extra: int) -> None:
    """At most `extra` bytes of address space above what stands now; a bomb then costs a MemoryError or a crash."""
    pages = int(open("/proc/self/statm").read().split()[0]) if sys.platform == "linux" else 0  # noqa: PTH123, SIM115
    if pages:
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def load_stores() -> None:
    """Load what stores need before it is known which one: that takes as long as the coordinator needs to say so."""
    for provider in all_providers():
        provider.load()


def main() -> None:
    """Entry of the process: `worker SOCKET BOARD`, both inherited file descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what Ctrl-C means
    logging.disable()  # libvips grumbles about each odd file; its verdicts reach the asset as warnings
    connection = Connection(int(sys.argv[1]))
    load_stores()
    setup: Setup = pickle.loads(connection.recv_bytes())  # noqa: S301  from the process that started us
    try:
        _limit_memory(setup.memory_bytes)
        Worker(connection, WorkerStatus(int(sys.argv[2]), setup.fetch_threads), setup).run()
    except MirrorlakeError as error:
        connection.send_bytes(pack_fatal(error))


if __name__ == "__main__":
    main()
