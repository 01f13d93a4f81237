"""Process many objects on a Ray cluster: the side of the pass, which decides and commits.

A process of its own is connected to the cluster (`ray_driver`). A row is lost with no node: Ray runs its task again.
"""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from multiprocessing.connection import wait

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.engine.base import Pool
from mirrorlake.engine.messages import WAIT_S, ClusterSetup, NodeSetup, unpack_slots
from mirrorlake.engine.same_folder import check_gone, inode_of
from mirrorlake.model.looking import Looking
from mirrorlake.model.objects import Requests
from mirrorlake.processing.channel import Done, WorkerStatus, pack_task, unpack_answer
from mirrorlake.processing.gather import GATHER_ROWS, gather
from mirrorlake.processing.pool import CHUNK_ROWS, Limits, ProcessingPool
from mirrorlake.processing.prestart import WorkerPrestarter, cores, start_process
from mirrorlake.processing.rows import read_jobs, split_batches
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory, with_resolved_credentials
from mirrorlake.storage.base import Store

FEW_ROWS = 64  # processed by this machine: it takes seconds to connect to a cluster
TASK_ROWS = 64  # of a task, once each slot has had a smaller one
_FIRST_SLOTS = 2  # until the cluster has reported how many it has
_PER_SLOT = 2  # tasks for each slot, so that none waits for its next one
_POLL_S = 0.5  # between checks for a closed pool
_END_S = 8.0  # that a driver has to end its tasks
_MODULE = "mirrorlake.engine.ray_driver"
_STDERR_BYTES = 1000


@dataclass(frozen=True, slots=True)
class RayEngine:
    """A Ray cluster, on which `tasks` run at once at most (None: one for each CPU)."""

    address: str
    tasks: int | None = None
    few_rows: int = FEW_ROWS
    wait_s: float = WAIT_S

    def open_pool(
        self, store_factory: StoreFactory, looking: Looking, prestarter: WorkerPrestarter | None = None
    ) -> Pool:
        """A pool that connects to the cluster when there is work for it."""
        return RayPool(self, store_factory, looking=looking, prestarter=prestarter)


class RayPool:
    """Processes objects on a cluster; few of them, and companions, on this machine. Otherwise as `ProcessingPool`."""

    def __init__(
        self,
        engine: RayEngine,
        store_factory: StoreFactory,
        *,
        looking: Looking,
        limits: Limits | None = None,
        prestarter: WorkerPrestarter | None = None,
    ) -> None:
        self._engine = engine
        self._store_factory = store_factory
        self._looking = looking
        self._limits = limits or Limits()
        processes = cores() if engine.tasks is None else min(engine.tasks, cores())
        self._here = ProcessingPool(
            store_factory, processes=processes, looking=looking, limits=limits, prestarter=prestarter
        )
        self._lock = threading.Lock()  # guards the driver and the counts against other threads
        self._driver: _DriverProcess | None = None
        self._folder: Store | None = None  # the source, if it is a folder
        self._gets = self._bytes = 0  # of drivers that have ended
        self._closed = False
        self._iterating = False

    @property
    def requests(self) -> Requests:
        """Requests to the store so far, those of the nodes included."""
        with self._lock:
            gets = self._gets + (self._driver.status.gets if self._driver else 0)
        return self._here.requests + Requests(get=gets)

    @property
    def bytes_read(self) -> int:
        """Bytes of objects read so far, those of the nodes included."""
        with self._lock:
            read = self._bytes + (self._driver.status.data_bytes if self._driver else 0)
        return self._here.bytes_read + read

    @property
    def retrying_until_ns(self) -> int:
        """That of this machine: nodes have other clocks, and report no pauses."""
        return self._here.retrying_until_ns

    def start_early(self) -> None:
        """Connect to the cluster before there is work."""
        if self._driver is None:
            self._start()

    def process(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """PROCESSED batches for the CHANGES rows, as those of `ProcessingPool`.

        Raises MirrorlakeError also if the cluster cannot be used or is lost, or if a node has another version.
        """
        batches = split_batches(changes, CHUNK_ROWS)
        few = list(_take_rows(batches, self._engine.few_rows + 1))
        if sum(batch.num_rows for batch in few) <= self._engine.few_rows:
            yield from self._here.process(few)
        else:
            yield from gather(self._process_there(chain(few, batches)), GATHER_ROWS)

    def read_companions(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """As `ProcessingPool`: by threads of this process."""
        return self._here.read_companions(changes)

    def close(self) -> None:
        """End all tasks. Can be called repeatedly and from any thread."""
        self._closed = True
        self._here.close()
        driver = self._driver
        if driver is not None:
            driver.hang_up()
        if not self._iterating:
            self._end()

    def _process_there(self, changes: Iterator[pa.RecordBatch]) -> Generator[pa.RecordBatch | None, None, None]:
        driver = self._driver or self._start()
        chunks = self._chunks(changes, driver)
        self._iterating = True
        try:
            while True:
                self._check_open()
                while len(driver.in_flight) < self._capacity(driver) and (chunk := next(chunks, None)) is not None:
                    driver.send_chunk(chunk)
                if not driver.in_flight:
                    return
                if not wait([driver.connection], _POLL_S):
                    yield None  # lets gather return rows that have waited long enough
                    continue
                done = self._receive(driver)
                if done is not None:
                    yield done.batch
        finally:
            self._iterating = False
            if self._closed or driver.in_flight:  # nobody would receive what is left
                self._end()

    def _capacity(self, driver: _DriverProcess) -> int:
        slots = _FIRST_SLOTS if driver.slots is None else driver.slots
        return self._engine.tasks or max(_FIRST_SLOTS, slots * _PER_SLOT)

    def _chunks(self, changes: Iterator[pa.RecordBatch], driver: _DriverProcess) -> Iterator[pa.RecordBatch]:
        """The rows of the tasks: few at first, so that all slots begin soon and a small pass is divided among them."""
        while True:
            rows = CHUNK_ROWS if driver.sent < self._capacity(driver) else TASK_ROWS
            some = list(_take_rows(changes, rows))
            if not some:
                return
            chunk = pa.Table.from_batches(some).combine_chunks().to_batches()[0]
            if read_jobs(chunk):  # raises ValueError for rows that need no reading
                yield chunk

    def _receive(self, driver: _DriverProcess) -> Done | None:
        try:
            done = driver.receive()
        except EOFError:
            self._check_open()
            raise MirrorlakeError(
                f"The connection to the Ray cluster at {self._engine.address} was lost: {driver.exit_summary()}",
                "Everything committed is kept. Check `ray status` on its first node, then run it again.",
            ) from None
        if done is not None and self._folder is not None:
            check_gone(done.batch, self._folder)
        return done

    def _start(self) -> _DriverProcess:
        factory = with_resolved_credentials(self._store_factory)
        folder = factory.location if isinstance(factory, StoreConfig) else None
        inode = None if folder is None else inode_of(folder)
        self._folder = None if inode is None else self._store_factory.open()
        setup = NodeSetup(
            store_factory=factory,
            looking=self._looking,
            limits=self._limits,
            folder=None if inode is None else folder,
            inode=inode,
        )
        engine = self._engine
        driver = _DriverProcess(
            ClusterSetup(address=engine.address, node_setup=pickle.dumps(setup), wait_s=engine.wait_s)
        )
        with self._lock:
            self._driver = driver
        return driver

    def _end(self) -> None:
        with self._lock:
            driver, self._driver = self._driver, None
            if driver is None:
                return
            self._gets += driver.status.gets
            self._bytes += driver.status.data_bytes
        driver.close()

    def _check_open(self) -> None:
        if self._closed:
            raise MirrorlakeError("Processing was stopped.", "All committed work is kept.")


class _DriverProcess:
    """The process that is connected to the cluster, from the side of the pool. Not thread-safe, except `hang_up`."""

    def __init__(self, setup: ClusterSetup) -> None:
        self._started = start_process(_MODULE)
        self.connection = self._started.connection
        self.status = WorkerStatus(self._started.status.fileno(), 0)
        self.in_flight: set[int] = set()
        self.sent = 0
        self.slots: int | None = None
        self._send(pickle.dumps(setup))

    def send_chunk(self, chunk: pa.RecordBatch) -> None:
        """Send the rows of a task."""
        self.sent += 1
        self.in_flight.add(self.sent)
        self._send(pack_task(self.sent, chunk))

    def receive(self) -> Done | None:
        """The next answer; None for a number of slots. Raises EOFError if the process ended, and fatal errors."""
        try:
            frame = self.connection.recv_bytes()
        except ConnectionError as error:
            raise EOFError from error
        slots = unpack_slots(frame)
        if slots is not None:
            self.slots = slots
            return None
        answer = unpack_answer(frame)
        if not isinstance(answer, Done):
            return None
        self.in_flight.remove(answer.task)
        return answer

    def hang_up(self) -> None:
        """Let the process end its tasks and itself."""
        with suppress(OSError), socket.socket(fileno=os.dup(self.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def exit_summary(self) -> str:
        """How the process ended, for messages; call after `receive` raised EOFError."""
        self._wait()
        errors = self._started.errors.fileno()
        start = max(0, os.fstat(errors).st_size - _STDERR_BYTES)
        tail = os.pread(errors, _STDERR_BYTES, start).decode("utf-8", "replace").strip().splitlines()
        code = self._started.process.returncode
        how = "its process hangs" if code is None else f"its process ended with {code}"
        return how + (f" ({tail[-1]})." if tail else ".")

    def close(self) -> None:
        """End the process, and with it its tasks. One that has none may still be connecting: it is not waited for."""
        self.hang_up()
        if self.sent:
            self._wait()
        self.status.close()
        self._started.end()

    def _wait(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._started.process.wait(_END_S)

    def _send(self, frame: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the process ended: `receive` raises EOFError
            self.connection.send_bytes(frame)


def _take_rows(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of at least `rows` rows, or all that are left."""
    left = rows
    while left > 0 and (batch := next(batches, None)) is not None:
        left -= batch.num_rows
        yield batch
