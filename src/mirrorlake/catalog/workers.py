"""Running workers: each sends a heartbeat every few seconds, so that queued jobs can show what they wait for."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.queue import QueuedReason, Workers
from mirrorlake.plan.queue_status import queued_reason
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

BEAT_S = 5.0  # between two heartbeats
SILENT_S = 20.0  # a worker without a heartbeat for this long counts as ended


@contextmanager
def register_worker(catalog: Catalog, *, pool: str = DEFAULT_POOL) -> Generator[None]:
    """Register this process as a worker of a pool during the block, again after an outage of the database."""
    identity = _identity(pool)
    ended, registered = threading.Event(), threading.Event()

    def beat() -> None:
        while True:
            registered.clear()
            with suppress(CatalogError):
                _record_heartbeat(catalog, identity)
                registered.set()
            if ended.wait(BEAT_S):
                return

    thread = threading.Thread(target=beat, name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(BEAT_S)
        if registered.is_set():  # an unavailable database would delay us, and the heartbeat expires anyway
            with suppress(CatalogError):
                _end(catalog, {"id": identity["id"]})


def _identity(pool: str) -> dict[str, object]:
    return {"id": uuid.uuid4(), "host": socket.gethostname(), "pid": os.getpid(), "pool": pool}


@retry_on_contention
def _record_heartbeat(catalog: Catalog, identity: Mapping[str, object]) -> None:
    with catalog.write() as connection:
        connection.execute(statement("record_heartbeat").query, identity)
        connection.execute(statement("prune_workers").query)


@retry_on_contention
def _end(catalog: Catalog, identity: Mapping[str, object]) -> None:
    with catalog.write() as connection:
        connection.execute(statement("end_worker").query, identity)


def announce_worker(catalog: Catalog) -> None:
    """Register a worker that is being started: it must send its own heartbeat within SILENT_S, or counts as ended."""
    _record_heartbeat(catalog, _identity(DEFAULT_POOL))


def count_workers(connection: psycopg.Connection[TupleRow], pools: Collection[str]) -> dict[str, Workers]:
    """Of each of these pools, how many workers are running, and when one last sent a heartbeat."""
    values = {"silent": SILENT_S, "pools": list(pools)}
    rows = connection.execute(statement("count_workers").query, values).fetchall()
    return {pool: Workers(alive=alive, last_seen=seen) for pool, alive, seen in rows}


def reasons(connection: psycopg.Connection[TupleRow], queued: Sequence[int]) -> dict[int, QueuedReason]:
    """Why each of these queued jobs waits."""
    if not queued:
        return {}
    found = connection.execute(statement("jobs_in_front").query, {"ids": list(queued)}).fetchall()
    workers = count_workers(connection, {row[-1] for row in found})
    return {
        job: queued_reason(
            workers[pool], busy, not_before=not_before, retry_reason=reason, of_datasource=of_datasource, pool=pool
        )
        for job, busy, not_before, reason, of_datasource, pool in found
    }
