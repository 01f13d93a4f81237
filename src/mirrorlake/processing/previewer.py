"""Make previews in processes that are limited like workers, a few at a time, and end them when they are idle."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from mirrorlake.core.errors import MirrorlakeError, NoPreview, TooBusy
from mirrorlake.core.time_limit import time_limit
from mirrorlake.processing.prestart import StartedWorker, cores, start_process
from mirrorlake.processing.preview_task import ReadCost, Task, most_bytes, unpack_preview

MODULE = "mirrorlake.processing.preview_worker"
MAX_PROCESSES = 2  # previews must not keep runs from their cores
MAX_WAITING = 16  # requests; each holds a thread of the server
LIMIT_S = 60.0  # to read an object and render it
ROOM_S = 5.0  # that a request waits for a process to be free
IDLE_S = 60.0  # after which a process without work is ended: it holds some 200 MB
_END_S = 2.0  # the time that a dying process has before it is killed


class Previewer:
    """Makes previews, thumbnails of pictures that users send, and upright copies. Thread-safe.

    Raises TooBusy if too many wait.
    """

    def __init__(
        self,
        *,
        processes: int | None = None,
        limit_s: float = LIMIT_S,
        room_s: float = ROOM_S,
        idle_s: float = IDLE_S,
        start: Callable[[str], StartedWorker] = start_process,
    ) -> None:
        self._room = threading.BoundedSemaphore(min(MAX_PROCESSES, cores()) if processes is None else processes)
        self._limit_s = limit_s
        self._room_s = room_s
        self._idle_s = idle_s
        self._start = start
        self._lock = threading.Lock()  # guards what follows
        self._waiting = 0
        self._idle: list[tuple[str, StartedWorker]] = []
        self._timer: threading.Timer | None = None
        self._closed = False

    def make(self, task: Task, *, owner: str, count: Callable[[ReadCost], object] = lambda _cost: None) -> bytes:
        """The preview or thumbnail, a WebP, or the image turned upright. Raises NoPreview, StorageError and TooBusy.

        A process works for one `owner`, a workspace: bytes that took it over reach no other one. `count` gets what
        reading the object took, of a refusal, too.
        """
        with self._counted(), self._turn():
            worker = self._take(owner)
            try:
                answer, cost = self._ask(worker, task)
            except BaseException:
                worker.end()  # whatever it was doing, its next answer would be that of another task
                raise
            self._give_back(owner, worker)
        count(cost)
        if isinstance(answer, MirrorlakeError):
            raise answer
        return answer

    def join(self, running: Future[bytes]) -> bytes:
        """The preview that another thread is making. Raises what that one does."""
        with self._counted():
            try:
                return running.result(self._room_s + self._limit_s)
            except TimeoutError as error:
                raise _too_busy("The same preview is being made for another request.") from error

    def close(self) -> None:
        """End the processes without work, and those with work as soon as they have answered."""
        with self._lock:
            self._closed = True
        self._end_idle()

    @contextmanager
    def _counted(self) -> Generator[None]:
        """One of the requests that may wait at once, whether it makes its preview or another one does."""
        with self._lock:
            if self._waiting >= MAX_WAITING:
                raise _too_busy(f"{MAX_WAITING} previews are waiting to be made.")
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    @contextmanager
    def _turn(self) -> Generator[None]:
        if not self._room.acquire(timeout=self._room_s):
            raise _too_busy(f"No process that makes previews became free within {self._room_s:.0f} s.")
        try:
            yield
        finally:
            self._room.release()

    def _take(self, owner: str) -> StartedWorker:
        with self._lock:
            own = next((one for one in self._idle if one[0] == owner and one[1].process.poll() is None), None)
            others = self._idle if own is None else []
            if own is None:
                self._idle = []
            else:
                self._idle.remove(own)
        for _, worker in others:
            worker.end()
        return self._start(MODULE) if own is None else own[1]

    def _give_back(self, owner: str, worker: StartedWorker) -> None:
        with self._lock:
            self._idle.append((owner, worker))
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(0 if self._closed else self._idle_s, self._end_idle)
            self._timer.daemon = True
            self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, worker in idle:
            worker.end()

    def _ask(self, worker: StartedWorker, task: Task) -> tuple[bytes | MirrorlakeError, ReadCost]:
        """The preview or the refusal that the process answers, all of it within the limit of time."""
        connection = worker.connection
        answer: tuple[bytes | MirrorlakeError, ReadCost] | None = None
        failure: Exception | None = None
        with time_limit(self._limit_s, lambda: _cut_off(worker)) as expired:
            try:
                connection.send_bytes(pickle.dumps(task))
                answer = unpack_preview(connection.recv_bytes(most_bytes(task)), task)
            except (EOFError, OSError, ValueError) as error:
                failure = error
        if expired.is_set():  # the process is dead, even if it answered at the last moment
            raise NoPreview(f"{task.refusal}: it took longer than {self._limit_s:.0f} s.") from failure
        if answer is None:
            raise NoPreview(f"{task.refusal}: the decoder {_end(worker)}.") from failure
        return answer


def _too_busy(what: str) -> TooBusy:
    return TooBusy(what, "Try again in a few seconds.")


def _cut_off(worker: StartedWorker) -> None:
    """End a process, and whatever waits for it: a child of it might hold the other end of its connection."""
    worker.process.kill()
    with suppress(OSError), socket.socket(fileno=os.dup(worker.connection.fileno())) as ours:  # if not closed already
        ours.shutdown(socket.SHUT_RDWR)


def _end(worker: StartedWorker) -> str:
    """How a process ended that did not answer."""
    try:
        code = worker.process.wait(_END_S)
    except subprocess.TimeoutExpired:
        return "sent no valid answer"
    if code == -signal.SIGKILL:
        return "was killed, probably for taking too much memory"
    return f"crashed (signal {-code})" if code < 0 else f"ended with exit code {code}"
