"""The protocol between the coordinator and a worker process: frames over a socket, counters in shared memory.

    coordinator ── Setup, then Tasks ──▶ worker          each Task: CHANGES rows
    coordinator ◀── ready, done, fatal ── worker          each done: PROCESSED rows of one Task

Of an image, only its thumbnail is sent. A worker sends JSON and Arrow, never pickle, because it reads untrusted bytes.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
import pyarrow as pa

from mirrorlake.core import errors
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.model.columns import CHANGES, PROCESSED
from mirrorlake.model.looking import Looking
from mirrorlake.processing.prestart import STATUS_BYTES
from mirrorlake.processing.store_factory import StoreFactory

_TASK = struct.Struct("<q")
_DECODING, _SINCE, _GETS, _BYTES, _RETRYING, _FIRST_FETCH = range(6)
MAX_FETCH_THREADS = STATUS_BYTES // 8 - _FIRST_FETCH
_LONG_NS = 24 * 3600 * 10**9  # longer than any request
MAX_TASK_ROWS = 1 << 16  # row numbers in a RowRef are smaller than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The first message to a worker."""

    store_factory: StoreFactory
    fetch_threads: int
    bytes_in_flight: int
    memory_bytes: int
    decode_s: float
    looking: Looking


@dataclass(frozen=True, slots=True)
class RowRef:
    """One row of one task."""

    task: int
    row: int


@dataclass(frozen=True, slots=True)
class Done:
    """A finished task."""

    task: int
    batch: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has opened its store and waits for tasks."""


def pack_task(task: int, changes: pa.RecordBatch) -> bytes:
    """A task as a frame."""
    return _TASK.pack(task) + changes.serialize().to_pybytes()


def unpack_task(frame: bytes) -> tuple[int, pa.RecordBatch]:
    """The number and the CHANGES rows of a task."""
    (task,) = _TASK.unpack_from(frame)
    return task, pa.ipc.read_record_batch(pa.py_buffer(frame[_TASK.size :]), CHANGES)


def pack_ready() -> bytes:
    """The frame of a ready worker."""
    return orjson.dumps({"ready": True}) + b"\n"


def pack_done(task: int, processed: pa.RecordBatch) -> bytes:
    """A finished task as a frame."""
    return orjson.dumps({"done": task}) + b"\n" + processed.serialize().to_pybytes()


def pack_fatal(error: MirrorlakeError) -> bytes:
    """An error that ends the whole pass, as a frame."""
    return orjson.dumps({"fatal": type(error).__name__, "message": error.message, "fix": error.fix}) + b"\n"


def unpack_answer(frame: bytes) -> Ready | Done:
    """The message in a frame from a worker. Raises the error of a fatal message, which ends the pass."""
    head, _, body = frame.partition(b"\n")
    answer: dict[str, object] = orjson.loads(head)
    if "fatal" in answer:
        kind = getattr(errors, str(answer["fatal"]), MirrorlakeError)
        raise kind(str(answer["message"]), str(answer["fix"]))
    done = answer.get("done")
    if isinstance(done, int):
        return Done(done, pa.ipc.read_record_batch(pa.py_buffer(body), PROCESSED))
    return Ready()


class WorkerStatus:
    """The current activity of a worker, readable even after it died. Integers only; each field has one writer."""

    def __init__(self, handle: int, fetch_threads: int) -> None:
        if fetch_threads > MAX_FETCH_THREADS:
            raise ValueError(f"at most {MAX_FETCH_THREADS} fetch threads are possible in a worker, not {fetch_threads}")
        self._map = mmap.mmap(handle, STATUS_BYTES)
        self._cells = memoryview(self._map).cast("q")[: _FIRST_FETCH + fetch_threads]

    def decoding(self, row_ref: RowRef | None, now_ns: int = 0) -> None:
        """Record the row being decoded, and its start on the monotonic clock."""
        # The start is kept when a row ends: a reader that has just read the row must not see a wrong start.
        if row_ref is not None:
            self._cells[_SINCE] = now_ns
        self._cells[_DECODING] = _pack_ref(row_ref)

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Do not count the time within as decoding: the decoder waits for a server, which has its own time limits."""
        since, began = self._cells[_SINCE], time.monotonic_ns()
        self._cells[_SINCE] = began + _LONG_NS
        try:
            yield
        finally:
            self._cells[_SINCE] = since + time.monotonic_ns() - began

    def fetching(self, thread: int, row_ref: RowRef | None) -> None:
        """Record the row that a fetch thread is reading."""
        self._cells[_FIRST_FETCH + thread] = _pack_ref(row_ref)

    def record_requests(self, gets: int, data_bytes: int) -> None:
        """Record the number of requests and bytes so far."""
        self._cells[_GETS] = gets
        self._cells[_BYTES] = data_bytes

    def retrying(self, until_ns: int) -> None:
        """Record the end of the last pause before a retry, on the monotonic clock."""
        self._cells[_RETRYING] = until_ns

    @property
    def gets(self) -> int:
        """GET requests so far."""
        return self._cells[_GETS]

    @property
    def data_bytes(self) -> int:
        """Bytes read so far."""
        return self._cells[_BYTES]

    @property
    def retrying_until_ns(self) -> int:
        """The end of the last pause before a retry, on the monotonic clock; 0 if nothing was retried."""
        return self._cells[_RETRYING]

    @property
    def decoded(self) -> RowRef | None:
        """The row being decoded."""
        return _unpack_ref(self._cells[_DECODING])

    @property
    def since_ns(self) -> int:
        """The start of decoding `decoded`, on the monotonic clock."""
        return self._cells[_SINCE]

    @property
    def fetched(self) -> tuple[RowRef, ...]:
        """The rows being fetched."""
        return tuple(row_ref for cell in self._cells[_FIRST_FETCH:] if (row_ref := _unpack_ref(cell)) is not None)

    def close(self) -> None:
        """Release the memory."""
        self._cells.release()
        self._map.close()


def _pack_ref(row_ref: RowRef | None) -> int:
    return 0 if row_ref is None else row_ref.task * MAX_TASK_ROWS + row_ref.row + 1


def _unpack_ref(cell: int) -> RowRef | None:
    return None if cell == 0 else RowRef(*divmod(cell - 1, MAX_TASK_ROWS))
