"""Keep a worker going beside a server, in a process of its own: decoding must not slow down answers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

RESTART_S = 10.0  # before a worker that ended by itself gets a successor
STOP_S = 8.0  # for a worker to give its run to the next one, before it is killed
COMMAND = (sys.executable, "-P", "-m", "mirrorlake.cli.commands.worker")


@contextmanager
def supervised_worker(say: Callable[[str], None]) -> Generator[None]:
    """A worker that starts now, is replaced where it dies, and ends at the end."""
    attendant = WorkerSupervisor(say)
    thread = threading.Thread(target=attendant.attend, name="attendant", daemon=True)
    thread.start()
    try:
        yield
    finally:
        attendant.end()
        thread.join()


class WorkerSupervisor:
    """Starts a worker again and again. `attend` is a thread's work; `end` lets it return."""

    def __init__(self, say: Callable[[str], None], command: tuple[str, ...] = COMMAND) -> None:
        self._say = say
        self._command = command
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def attend(self) -> None:
        """Keep one worker alive until `end`."""
        while (process := self._start()) is not None:
            with process:  # its standard input is closed at the end
                code = process.wait()
            if not self._ended.is_set():
                self._say(f"The worker ended by itself ({code}). Another one starts in {RESTART_S:g} s.")
                self._ended.wait(RESTART_S)

    def end(self) -> None:
        """Stop the worker: politely, and for good where it does not listen."""
        self._ended.set()
        with self._starting:
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._starting:
            if self._ended.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                # It ends when this closes, which it does even where we are killed.
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C in a terminal is for us, who pass it on
            )
            return self._process
