"""Check whether a server can do its work: the database answers, a worker is running, and the disk has room.

Anybody may ask, so the answer is kept for a moment, and one question at a time reaches the database.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from mirrorlake.catalog.workers import count_workers
from mirrorlake.core.errors import CatalogError
from mirrorlake.core.settings import Settings
from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.readiness import PartState, ServerPart, ServerReadiness
from mirrorlake.postgres.pool import Catalog

KEPT_S: Final = 2.0
PATIENCE_S: Final = 3  # with the database
ROOM_BYTES: Final = 200_000_000  # below which writing will soon fail


class ReadinessCheck:
    """Checks the parts of one server. Thread-safe."""

    def __init__(self, catalog: Catalog, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalog = catalog
        self._home = settings.home
        self._clock = clock
        self._parts: tuple[PartState, ...] = ()
        self._until = clock()
        self._lock = threading.Lock()

    def check(self, ignored: Collection[ServerPart] = ()) -> ServerReadiness:
        """The state of all parts; those in `ignored` do not count."""
        with self._lock:
            if not self._parts or self._clock() >= self._until:
                self._parts = (*_database_and_worker(self._catalog), _disk(self._home))
                self._until = self._clock() + KEPT_S
            parts = self._parts
        return ServerReadiness(ready=all(one.ok for one in parts if one.part not in ignored), parts=parts)


def _database_and_worker(catalog: Catalog) -> tuple[PartState, PartState]:
    try:
        with catalog.probe(PATIENCE_S) as connection:
            workers = count_workers(connection, [DEFAULT_POOL])[DEFAULT_POOL]
    except CatalogError:  # its message may contain the address of the database
        return (
            PartState(part=ServerPart.DATABASE, ok=False, message="The database does not answer."),
            PartState(part=ServerPart.WORKER, ok=False, message="Unknown while the database does not answer."),
        )
    works = workers.alive > 0
    message = "A worker is running." if works else "No worker is running: queued runs and jobs wait."
    return (
        PartState(part=ServerPart.DATABASE, ok=True, message="The database answers."),
        PartState(part=ServerPart.WORKER, ok=works, message=message),
    )


def _disk(home: Path) -> PartState:
    try:
        writable, free = os.access(home, os.W_OK), shutil.disk_usage(home).free
    except OSError:
        writable, free = False, 0
    if not writable:
        return PartState(part=ServerPart.DISK, ok=False, message="The data folder cannot be written.")
    if free < ROOM_BYTES:
        return PartState(part=ServerPart.DISK, ok=False, message="The disk of the data folder is nearly full.")
    return PartState(part=ServerPart.DISK, ok=True, message="The data folder has room.")
