"""One worker process as its coordinator sees it: started, given tasks, listened to, ended."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

import pyarrow as pa

from mirrorlake.errors import MirrorlakeError
from mirrorlake.ingest.channel import Board, Done, Place, Ready, Setup, pack_task, unpack_answer

_LAST_WORDS = 2000  # bytes of standard error worth telling
_END_S = 2.0  # a worker that is told to end does so at once, or is killed


@dataclass(frozen=True, slots=True)
class Chunk:
    """CHANGES rows that one worker looks at together. An `alone` chunk has one row and shares its worker with none."""

    batch: pa.RecordBatch
    attempts: int = 0  # crashes that these rows were part of
    alone: bool = False


class WorkerProcess:
    """Owns the process, its socket and its board. Not thread-safe, except for `kill`."""

    def __init__(self, setup: Setup) -> None:
        self.in_flight: dict[int, Chunk] = {}
        self.ready = False
        ours, theirs = socket.socketpair()
        with tempfile.TemporaryFile(buffering=0) as board, theirs:
            # A file without a name: what it holds can be read even after the worker died.
            os.ftruncate(board.fileno(), Board.size(setup.fetch_threads))
            self._errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed with the process
            handles = (theirs.fileno(), board.fileno())
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-P", "-m", "mirrorlake.ingest.worker", *map(str, handles)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=handles,
                env=os.environ | _ENVIRONMENT,
                process_group=0,  # Ctrl-C in a terminal is for the coordinator alone
            )
            self.board = Board(board.fileno(), setup.fetch_threads)
        self.connection = Connection(ours.detach())
        self._tell(pickle.dumps(setup))

    def give(self, task: int, chunk: Chunk) -> None:
        """Hand over a chunk under a number of its own."""
        self.in_flight[task] = chunk
        self._tell(pack_task(task, chunk.batch))

    def hear(self) -> Done | None:
        """The next thing that it says; waits for it. Raises EOFError when it died, and what ended it on purpose."""
        try:
            answer = unpack_answer(self.connection.recv_bytes())
        except ConnectionError as error:
            raise EOFError from error
        if isinstance(answer, Ready):
            self.ready = True
            return None
        del self.in_flight[answer.task]
        return answer

    def stuck(self, limit_s: float) -> Place | None:
        """The row that it has been decoding for longer than `limit_s` seconds."""
        place = self.board.decoded
        since = self.board.since_ns
        return place if place is not None and time.monotonic_ns() - since > limit_s * 1e9 else None

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.kill()

    def epitaph(self) -> str:
        """How it died, for people; call after `hear` raised EOFError."""
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        if code == -signal.SIGKILL:
            return "was killed (signal 9), probably for taking too much memory"
        return f"crashed (signal {-code})" if code < 0 else f"ended with exit code {code}"

    def last_words(self) -> str:
        """The end of its standard error."""
        size = os.fstat(self._errors.fileno()).st_size
        return (
            os.pread(self._errors.fileno(), _LAST_WORDS, max(0, size - _LAST_WORDS)).decode("utf-8", "replace").strip()
        )

    def close(self) -> None:
        """End it, if it still runs, and give back what it held."""
        self.kill()
        self._process.wait()
        self.connection.close()
        self.board.close()
        self._errors.close()

    def _tell(self, frame: bytes) -> None:
        try:
            self.connection.send_bytes(frame)
        except (BrokenPipeError, ConnectionResetError):
            return  # it died; `hear` says so, and its chunks are still in `in_flight`


def cannot_start(worker: WorkerProcess) -> MirrorlakeError:
    """The error for a worker that died before it was ready."""
    end = worker.epitaph()
    words = worker.last_words()
    return MirrorlakeError(
        f"A worker process {end} before it could start." + (f" It said: {words}" if words else ""),
        "Run `mirrorlake doctor`; with too little memory, try fewer workers (`--jobs 1`).",
    )


# Each worker decodes one picture at a time: pools of threads within it would only fight over the cores.
_ENVIRONMENT = {
    "VIPS_CONCURRENCY": "1",
    "VIPS_BLOCK_UNTRUSTED": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # glibc would keep an arena a thread, and megabytes in each
}
