"""Workers of passes as forks of a process that has loaded their modules, for the commands that `preloaded` runs.

Most passes of the tests read a few pictures, with two workers that each compute for most of a second only to load. A
fork is a process of its own all the same, with its own environment, limits and standard error. Servers, installed
commands and the tests of the pool itself start workers as the product does.
"""

from __future__ import annotations

import array
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn, cast

from mirrorlake.processing import prestart
from mirrorlake.processing.prestart import STATUS_BYTES, StartedWorker

_ROOT = Path(__file__).resolve().parents[2]
_MAX_REQUEST = 1 << 20


class Fork:
    """What is used of the `Popen` of a worker, for a process that somebody else waits for."""

    def __init__(self, watcher: socket.socket) -> None:
        self._watcher = watcher
        self.pid = int(watcher.recv(64))
        self.returncode: int | None = None
        self._asking = threading.Lock()

    def poll(self) -> int | None:
        with self._asking:
            if self.returncode is None and select.select([self._watcher], [], [], 0)[0]:
                self.returncode = os.waitstatus_to_exitcode(int(self._watcher.recv(64)))
                self._watcher.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            with suppress(ValueError, OSError):  # another thread learned of its end, and closed it
                select.select([self._watcher], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("a worker", timeout or 0)
        return code

    def kill(self) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def start(address: str) -> subprocess.Popen[bytes]:
    """Start the process that is forked. It writes a line when it is ready, and ends with its standard input."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.nursery", address],
        cwd=_ROOT,
        env=os.environ | prestart._ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def use(address: str) -> None:
    """Let the passes of this process get their workers there."""
    started_alone = prestart.start_process

    def start_process(module: str) -> StartedWorker:
        return _fork_of(address) if module == prestart._WORKER else started_alone(module)

    prestart.start_process = start_process


def _fork_of(address: str) -> StartedWorker:
    """As `prestart.start_process` does."""
    ours, theirs = socket.socketpair()
    status = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed with the process, as the next one
    errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    status.truncate(STATUS_BYTES)
    watcher = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    watcher.connect("\0" + address)
    with theirs:
        request = json.dumps({"environ": dict(os.environ), "folder": str(Path.cwd())}).encode()
        handles = array.array("i", [theirs.fileno(), status.fileno(), errors.fileno()])
        watcher.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
        process = cast("subprocess.Popen[bytes]", Fork(watcher))
    return StartedWorker(process=process, connection=Connection(ours.detach()), status=status, errors=errors)


def exit_with_the_tests() -> None:
    """Wait for the end of standard input, which the tests hold open, then end this process."""
    while os.read(0, 1024):
        pass
    os._exit(0)


def serve_forks(address: str, then: Callable[[socket.socket], NoReturn]) -> NoReturn:
    """Accept connections at an abstract address for ever; each is for a fork."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind("\0" + address)
    listener.listen(64)
    os.write(1, b"ready\n")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are reaped by themselves
    threading.Thread(target=exit_with_the_tests, daemon=True).start()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            then(connection)
        connection.close()


def received(connection: socket.socket) -> tuple[dict[str, object], list[int]]:
    """A request and the file descriptors that came with it."""
    request, ancillary, _, _ = connection.recvmsg(_MAX_REQUEST, socket.CMSG_SPACE(8 * array.array("i").itemsize))
    handles = array.array("i")
    for _, _, data in ancillary:
        handles.frombytes(data)
    return json.loads(request), list(handles)


def take_place(environ: object, folder: object) -> None:
    """Have another process's environment and folder."""
    assert isinstance(environ, dict)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(str(folder))


def code_of(main: Callable[[], object]) -> int:
    """Run what a program does, and return its exit code."""
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BaseException:  # noqa: BLE001  as the interpreter does at the end of a program
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _watch(connection: socket.socket) -> NoReturn:
    """Run one worker in another fork; report its process, and how it ended."""
    request, (channel, status, errors) = received(connection)
    worker = os.fork()
    if worker == 0:
        connection.close()
        _become(request, channel, status, errors)
    for handle in (channel, status, errors):
        os.close(handle)
    with suppress(BrokenPipeError, ConnectionResetError):  # its coordinator was killed
        connection.send(str(worker).encode())
        _, ended = os.waitpid(worker, 0)
        connection.send(str(ended).encode())
    os._exit(0)


def _become(request: dict[str, object], channel: int, status: int, errors: int) -> NoReturn:
    from mirrorlake.processing.worker import main  # noqa: PLC0415  loaded before, in the process that is forked

    os.setpgid(0, 0)
    for stream in (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    os.dup2(errors, 2)
    os.close(errors)
    take_place(request["environ"], request["folder"])
    os.environ.update(prestart._ENVIRONMENT)
    sys.argv = ["worker", str(channel), str(status)]
    code = code_of(main)
    threading._shutdown()  # type: ignore[attr-defined]
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    from mirrorlake.processing.sandbox import load_stores

    __import__(prestart._WORKER)
    load_stores()
    serve_forks(sys.argv[1], _watch)
