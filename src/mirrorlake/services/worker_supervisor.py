"""Keep a worker running beside a server, in a separate process so that decoding does not slow down responses."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

RESTART_S = 10.0  # before a worker that exited unexpectedly is restarted
STOP_S = 8.0  # for a worker to requeue its run, before it is killed
COMMAND = (sys.executable, "-P", "-m", "mirrorlake.cli.commands.worker")


@contextmanager
def supervised_worker(log: Callable[[str], None]) -> Generator[None]:
    """Run a worker that is restarted if it exits, and stopped at the end."""
    supervisor = WorkerSupervisor(log)
    thread = threading.Thread(target=supervisor.run, name="supervisor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        supervisor.end()
        thread.join()


class WorkerSupervisor:
    """Restarts a worker whenever it exits. `run` blocks its thread until `end` is called."""

    def __init__(self, log: Callable[[str], None], command: tuple[str, ...] = COMMAND) -> None:
        self._log = log
        self._command = command
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Keep one worker alive until `end`."""
        while (process := self._start()) is not None:
            with process:  # its standard input is closed at the end
                code = process.wait()
            if not self._ended.is_set():
                self._log(f"Worker exited unexpectedly (code {code}). Restarting in {RESTART_S:g} s.")
                self._ended.wait(RESTART_S)

    def end(self) -> None:
        """Stop the worker: terminate it, and kill it if it does not exit in time."""
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
                # The worker ends when this closes, which also happens if this process is killed.
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C in a terminal reaches this process only, which passes it on
            )
            return self._process
