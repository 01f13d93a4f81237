"""`mirrorlake worker`: run the passes that fall due and those that somebody asked for."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from mirrorlake.cli.output import echo, echo_error
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.settings import read_local_settings, read_settings
from mirrorlake.postgres.pool import open_catalog
from mirrorlake.services.worker import Stop, Worker

EXIT_CANCELLED = 130


def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due and what waits, then end.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that look at images.", show_default="one a core")
    ] = None,
) -> int:
    """Run scheduled and queued runs, one after another. Stop with Ctrl-C.

    Any number of workers on any number of machines can share a library.
    """
    settings = read_local_settings()
    with stopped_by_signals() as stop, open_catalog(settings) as catalog:
        work = Worker(settings, catalog, jobs=jobs, tell=_tell, stop=stop)
        if not once:
            echo("Waiting for schedules and queued runs. Ctrl-C stops it.")
            work.serve()
        elif not work.drain() and stop.asked is None:
            return 1
    return EXIT_CANCELLED if stop.asked == signal.SIGINT else 0


@contextmanager
def stopped_by_signals() -> Generator[Stop]:
    """Ctrl-C cancels the run at work and ends the worker; a polite kill ends it, and leaves the run to the next one."""
    stop = Stop()
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def attached() -> int:
    """A worker beside a server: it ends with the process that holds the other end of its standard input."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    with stopped_by_signals() as stop:
        threading.Thread(target=watch, name="parent", daemon=True).start()
        try:
            settings = read_settings()
            with open_catalog(settings) as catalog:
                Worker(settings, catalog, jobs=None, tell=_tell, stop=stop).serve()
        except MirrorlakeError as error:
            echo_error(str(error))
            return 1
    return 0


def _tell(sentence: str) -> None:
    echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {sentence}")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


if __name__ == "__main__":
    sys.exit(attached())
