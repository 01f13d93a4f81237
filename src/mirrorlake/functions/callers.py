"""Call a function in Python in processes of its own: each call within its limits, and no call affects another one."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.settings import environment_of_functions
from mirrorlake.functions.channel import (
    BYTES,
    MESSAGE_BYTES,
    NOTHING,
    REFUSED,
    Answered,
    Call,
    FromProcess,
    Ready,
    Setup,
    ToProcess,
    Unusable,
    Wanted,
    pack,
    unpack_from_process,
)

START_S = 120.0  # for a process to import what the function needs
_END_S = 2.0
COMMAND = (sys.executable, "-P", "-m", "mirrorlake.functions.process")
ReadBytes = Callable[[bool], bytes | None]  # the original, or if true the thumbnail. Raises MirrorlakeError


class CallFailed(Exception):
    """A call that failed: its text is the reason."""


class FunctionUnusable(MirrorlakeError):
    """A function that cannot be called at all."""


class PythonCaller:
    """Calls one function, from any number of threads: each call has a process for itself, which is used again."""

    def __init__(self, setup: Setup, *, timeout_s: int) -> None:
        self._setup = setup
        self._timeout_s = timeout_s
        self._cpu_s = timeout_s * (os.cpu_count() or 1)  # its threads together, each as long as the call may take
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, document: dict[str, Any], read: ReadBytes, *, of_run: bool = False) -> bytes:
        """Call the function and return its result as JSON.

        Raises CallFailed, and FunctionUnusable if the function cannot be loaded.
        """
        try:
            process = self._idle.get_nowait()
        except queue.Empty:
            process = self._start()
        call = Call(document=document, of_run=of_run, cpu_s=self._cpu_s)
        try:
            answer = process.call(call, read, time.monotonic() + self._timeout_s)
        except BaseException:
            self._end(process)
            raise
        self._idle.put(process)
        if answer.error is not None:
            raise CallFailed(answer.error)
        return answer.result.encode()

    def close(self) -> None:
        """End all processes. Calls in other threads fail."""
        with self._lock:
            self._closed = True
            processes = list(self._all)
        for process in processes:
            self._end(process)

    def _start(self) -> _Process:
        with self._lock:
            if self._closed:
                raise CallFailed("the worker was stopped")
            try:
                process = _Process()
            except OSError as error:  # no more processes, files or memory
                raise CallFailed(f"its process could not be started: {error}") from error
            self._all.add(process)
        try:
            process.begin(self._setup)
        except BaseException:
            self._end(process)
            raise
        return process

    def _end(self, process: _Process) -> None:
        process.kill()
        with self._lock:
            self._all.discard(process)


class _Process:
    """One process with its socket."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        with theirs:
            handle = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                (*COMMAND, str(handle)),
                stdin=subprocess.DEVNULL,
                pass_fds=(handle,),
                env=environment_of_functions(),
                process_group=0,  # Ctrl-C reaches the worker only; what the function starts is ended with it
            )

    def begin(self, setup: Setup) -> None:
        """Load the function. Raises FunctionUnusable."""
        self._send(setup)
        try:
            answer = self._receive(time.monotonic() + START_S)
        except CallFailed as error:
            raise FunctionUnusable(f"Its process could not load it: {error}.") from error
        if isinstance(answer, Unusable):
            raise FunctionUnusable(f"It cannot be loaded: {answer.reason}.")
        if not isinstance(answer, Ready):
            raise FunctionUnusable("It cannot be loaded: its process answered something else.")

    def call(self, call: Call, read: ReadBytes, deadline: float) -> Answered:
        """Call the function, and read what it asks for. Raises CallFailed."""
        self._send(call)
        while True:
            match self._receive(deadline):
                case Answered() as answer:
                    return answer
                case Wanted(thumbnail=thumbnail):
                    self._answer(read, thumbnail=thumbnail)
                case _:
                    raise CallFailed("its process sent something unexpected")

    def kill(self) -> None:
        """End the process and what it started."""
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _answer(self, read: ReadBytes, *, thumbnail: bool) -> None:
        try:
            data = read(thumbnail)
        except MirrorlakeError as error:
            self._send_bytes(REFUSED + str(error).encode())
        else:
            self._send_bytes(NOTHING if data is None else BYTES + data)

    def _receive(self, deadline: float) -> FromProcess:
        if not self._connection.poll(max(0.0, deadline - time.monotonic())):
            raise CallFailed("it took longer than its time limit")
        try:
            return unpack_from_process(self._connection.recv_bytes(MESSAGE_BYTES))
        except (EOFError, ConnectionError) as error:
            raise CallFailed(self._end_reason()) from error
        except OSError as error:
            raise CallFailed("its result is too large") from error
        except msgspec.MsgspecError as error:
            raise CallFailed("its process sent something unexpected") from error

    def _send(self, message: ToProcess) -> None:
        self._send_bytes(pack(message))

    def _send_bytes(self, data: bytes) -> None:
        try:
            self._connection.send_bytes(data)
        except ConnectionError as error:
            raise CallFailed(self._end_reason()) from error

    def _end_reason(self) -> str:
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return "its process closed its connection"
        if code == -signal.SIGXCPU:
            return "it used more time of the processor than its time limit"
        if code == -signal.SIGKILL:
            return "its process was killed (signal 9), probably for taking too much memory"
        return f"its process crashed (signal {-code})" if code < 0 else f"its process ended with exit code {code}"
