"""Start worker processes before there is work for them. This module imports almost nothing.

A worker takes half a second to load its decoders, about as long as the coordinator takes to load its modules and to
list a small bucket. Starting workers early lets both run in parallel.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import IO, Self

STATUS_BYTES = 4096  # of shared memory for the status of a worker
_WORKER = "mirrorlake.processing.worker"
_EARLY = 2  # workers started early; more would often be unused

# Each worker decodes one image at a time: thread pools inside it would only compete for the cores.
_ENVIRONMENT = {
    "VIPS_CONCURRENCY": "1",
    "VIPS_BLOCK_UNTRUSTED": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # glibc would keep an arena of megabytes for each thread
}


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedWorker:
    """A worker process that loads its modules, then waits for its Setup."""

    process: subprocess.Popen[bytes]
    connection: Connection
    status: IO[bytes]  # an unnamed file, readable even after the worker died
    errors: IO[bytes]  # its standard error

    def end(self) -> None:
        """End it immediately, and release its resources."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.connection.close()
        self.status.close()
        self.errors.close()


class WorkerPrestarter:
    """Keeps workers that were started early until they are taken. A context manager that ends the remaining ones."""

    def __init__(self) -> None:
        self._waiting: deque[StartedWorker] = deque()

    def start(self, processes: int | None) -> None:
        """Start some of the `processes` that will be needed; None means one per core."""
        wanted = cores() if processes is None else processes
        for _ in range(min(_EARLY, wanted) - len(self._waiting)):
            self._waiting.append(start_process(_WORKER))

    def take(self) -> StartedWorker:
        """A waiting worker, or a new one. The caller must end it."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return start_process(_WORKER)

    def close(self) -> None:
        """End the workers that were not taken."""
        with suppress(IndexError):  # another thread may take or end one meanwhile
            while True:
                self._waiting.pop().end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start_process(module: str) -> StartedWorker:
    """Start a process that runs a module of ours, which gets a socket and its status as inherited file descriptors."""
    ours, theirs = socket.socketpair()
    status = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed with the process, as the next one
    errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    status.truncate(STATUS_BYTES)
    with theirs:
        handles = (theirs.fileno(), status.fileno())
        process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-P", "-m", module, *map(str, handles)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=handles,
            env=os.environ | _ENVIRONMENT,
            process_group=0,  # Ctrl-C in a terminal is for the coordinator alone
        )
    return StartedWorker(process=process, connection=Connection(ours.detach()), status=status, errors=errors)
