"""One worker process from the side of its coordinator: send tasks, receive results, end it."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import time
from dataclasses import dataclass

import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.processing.channel import Done, Ready, RowRef, Setup, WorkerStatus, pack_task, unpack_answer
from mirrorlake.processing.prestart import StartedWorker

_STDERR_TAIL_BYTES = 2000  # of standard error, for error messages
_END_S = 2.0  # the time that a dying worker has before it is killed


@dataclass(frozen=True, slots=True)
class Chunk:
    """CHANGES rows that one worker processes together. An `alone` chunk has one row and its own worker."""

    batch: pa.RecordBatch
    attempts: int = 0  # crashes that these rows were part of
    alone: bool = False


class WorkerProcess:
    """Owns the process, its socket and its status. Not thread-safe, except for `kill`."""

    def __init__(self, started: StartedWorker, setup: Setup) -> None:
        self.in_flight: dict[int, Chunk] = {}
        self.ready = False
        self.status = WorkerStatus(started.status.fileno(), setup.fetch_threads)
        self.connection = started.connection
        self._started = started
        self._process = started.process
        self._send(pickle.dumps(setup))

    def send_chunk(self, task: int, chunk: Chunk) -> None:
        """Send a chunk with a unique number."""
        self.in_flight[task] = chunk
        self._send(pack_task(task, chunk.batch))

    def receive(self) -> Done | None:
        """Wait for the next message. Raises EOFError if the worker died, and the error of a fatal message."""
        try:
            answer = unpack_answer(self.connection.recv_bytes())
        except ConnectionError as error:
            raise EOFError from error
        if isinstance(answer, Ready):
            self.ready = True
            return None
        del self.in_flight[answer.task]
        return answer

    def stuck(self, limit_s: float) -> RowRef | None:
        """The row that has been decoding for more than `limit_s` seconds, if any."""
        row_ref = self.status.decoded
        since = self.status.since_ns
        return row_ref if row_ref is not None and time.monotonic_ns() - since > limit_s * 1e9 else None

    def kill(self) -> None:
        """End the process immediately."""
        if self._process.poll() is None:
            self._process.kill()

    def exit_summary(self) -> str:
        """How the process ended, for messages; call after `receive` raised EOFError."""
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        if code == -signal.SIGKILL:
            return "was killed (signal 9), probably for taking too much memory"
        if code == -signal.SIGXCPU:
            return f"was ended for computing too long (signal {-code})"
        return f"crashed (signal {-code})" if code < 0 else f"ended with exit code {code}"

    def stderr_tail(self) -> str:
        """The last bytes of its standard error."""
        handle = self._started.errors.fileno()
        start = max(0, os.fstat(handle).st_size - _STDERR_TAIL_BYTES)
        return os.pread(handle, _STDERR_TAIL_BYTES, start).decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the process if it runs, and release its resources."""
        self._started.end()
        self.status.close()

    def _send(self, frame: bytes) -> None:
        try:
            self.connection.send_bytes(frame)
        except (BrokenPipeError, ConnectionResetError):
            return  # the worker died: `receive` raises EOFError, and its chunks are still in `in_flight`


def cannot_start(worker: WorkerProcess) -> MirrorlakeError:
    """The error for a worker that died before it was ready."""
    end = worker.exit_summary()
    stderr = worker.stderr_tail()
    return MirrorlakeError(
        f"A worker process {end} before it could start." + (f" Its standard error: {stderr}" if stderr else ""),
        "Run `mirrorlake doctor`; with too little memory, try fewer workers (`--jobs 1`).",
    )
