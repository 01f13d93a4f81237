"""Workers that are killed after the Nth commit or write of a file of a job, with SIGKILL.

A process that has loaded everything forks each of them, so that one costs little. Nothing is shared with the fork but
code: the process itself has no connection, no thread and no file of a library.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.core.settings import Settings
from mirrorlake.jobs import worker as working
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.folder.writable import FolderWritableStore

_ROOT = Path(__file__).resolve().parents[2]


class Doomed:
    """Runs workers until nothing is queued, in processes of their own. Use it as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.doomed"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def work(self, catalog: Catalog, settings: Settings, *, steps: int) -> bool:
        """Do what is queued, in a process that is killed after this many steps of a job; return whether it was."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"conninfo": catalog.conninfo, "home": str(settings.home), "steps": steps}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        assert code in (0, -signal.SIGKILL), code
        return code != 0


class _Steps:
    """Counts commits and written or deleted files while a job is executed, and kills this process after the last."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._working = False

    def count(self) -> None:
        if not self._working:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(self, context: JobContext) -> Any:
        self._working = True
        try:
            return execute(context)
        finally:
            self._working = False


def _doom(steps: _Steps) -> None:
    """Let this process count its steps."""
    write, put, delete = Catalog.write, FolderWritableStore.put, FolderWritableStore.delete

    @contextmanager
    def counted_write(self: Catalog) -> Generator[psycopg.Connection[TupleRow]]:
        with write(self) as connection:
            yield connection
        steps.count()

    def counted_put(self: FolderWritableStore, key: str, data: bytes) -> str:
        done = put(self, key, data)
        steps.count()
        return done

    def counted_delete(self: FolderWritableStore, key: str) -> None:
        delete(self, key)
        steps.count()

    Catalog.write = counted_write
    FolderWritableStore.put, FolderWritableStore.delete = counted_put, counted_delete
    working.execute = steps.execute


def _work(conninfo: str, home: str, steps: int) -> None:
    _doom(_Steps(steps))
    with Catalog(conninfo) as catalog:
        Worker(Settings(home=Path(home)), catalog, jobs=1, log=lambda _: None, stop=Stop()).drain()


def main() -> None:
    """Fork for each order of standard input, and write how the fork ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _work(**json.loads(line))
            except BaseException:  # noqa: BLE001 - a fork ends here, whatever happened
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
