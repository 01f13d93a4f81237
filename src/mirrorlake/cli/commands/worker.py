"""`mirrorlake worker`: execute scheduled and queued runs."""

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

from mirrorlake.cli.exit_codes import CANCELLED, FAILED
from mirrorlake.cli.output import echo, echo_error
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.settings import read_local_settings, read_settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.pool_names import check_pool
from mirrorlake.postgres.pool import open_catalog


def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Execute what is due and queued, then exit.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=256, help="Number of processes that read and decode images.", show_default="one per core"
        ),
    ] = None,
    pool: Annotated[str, typer.Option(metavar="NAME", help="Take only the jobs of this pool.")] = DEFAULT_POOL,
) -> int:
    """Run scheduled and queued runs, one after another. Stop with Ctrl-C.

    Any number of workers on any number of machines can share a library. A worker of a pool takes only the jobs of that
    pool, such as those of functions that name it.
    """
    check_pool(pool)
    settings = read_local_settings()
    with stopped_by_signals() as stop, open_catalog(settings) as catalog:
        work = Worker(settings, catalog, jobs=jobs, log=_log, stop=stop, pool=pool)
        if not once:
            what = "scheduled and queued runs" if pool == DEFAULT_POOL else f"jobs of the pool {pool}"
            echo(f"Waiting for {what}. Stop with Ctrl-C.")
            work.serve()
        elif not work.drain() and stop.signal is None:
            return FAILED
    return CANCELLED if stop.signal == signal.SIGINT else 0


@contextmanager
def stopped_by_signals() -> Generator[Stop]:
    """Ctrl-C cancels the current run and ends the worker; SIGTERM ends the worker and requeues the run."""
    stop = Stop()
    before = {number: signal.signal(number, stop.request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def attached() -> int:
    """Run the worker of a server. It ends when the server's end of its standard input is closed."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    with stopped_by_signals() as stop:
        threading.Thread(target=watch, name="parent", daemon=True).start()
        try:
            settings = read_settings()
            with open_catalog(settings) as catalog:
                Worker(settings, catalog, jobs=None, log=_log, stop=stop).serve()
        except MirrorlakeError as error:
            echo_error(str(error))
            return FAILED
    return 0


def _log(sentence: str) -> None:
    echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {sentence}")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


if __name__ == "__main__":
    sys.exit(attached())
