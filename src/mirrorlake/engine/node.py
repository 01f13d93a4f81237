"""What a Ray task does on a node: process a chunk of rows as a run of this machine would, in a limited worker process.

The process of the task opens nothing that came from a source: fetching and decoding are done by a worker process of
its own, which is kept for the next task and ends with it.
"""

from __future__ import annotations

import pickle
import socket
from contextlib import closing
from dataclasses import dataclass

from mirrorlake.core.errors import MirrorlakeError, SettingsError
from mirrorlake.engine.messages import NodeSetup
from mirrorlake.engine.same_folder import FIX, inode_of
from mirrorlake.processing.channel import pack_done, pack_fatal, unpack_task
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.storage.listing_batches import joined


@dataclass(slots=True)
class _Kept:
    """The pool of this process, for the setup of the latest task."""

    setup: bytes = b""
    pool: ProcessingPool | None = None


_kept = _Kept()


def answer_task(setup: bytes, task: bytes) -> tuple[bytes, int, int]:
    """The frame that answers a task, with the requests and the bytes that it took.

    An error of the source as a whole is answered too; any other exception is a mistake in our code.
    """
    number, changes = unpack_task(task)
    try:
        pool = _pool_for(setup)
        gets, read = pool.requests.get, pool.bytes_read
        with closing(pool.process([changes])) as found:
            processed = joined(list(found))
    except MirrorlakeError as error:
        return pack_fatal(error), 0, 0
    return pack_done(number, processed), pool.requests.get - gets, pool.bytes_read - read


def _pool_for(setup: bytes) -> ProcessingPool:
    if _kept.pool is None or _kept.setup != setup:
        if _kept.pool is not None:
            _kept.pool.close()
            _kept.pool = None
        opened: NodeSetup = pickle.loads(setup)  # noqa: S301  from the process that started this task
        check_folder(opened)
        _kept.setup = setup
        _kept.pool = ProcessingPool(
            opened.store_factory,
            processes=1,
            fetch_threads=opened.fetch_threads,
            limits=opened.limits,
            looking=opened.looking,
        )
    return _kept.pool


def check_folder(setup: NodeSetup) -> None:
    """Raise SettingsError if the folder of the source is not here, or has another inode than where it was listed."""
    if setup.folder is not None and inode_of(setup.folder) != setup.inode:
        raise SettingsError(
            f"The node {socket.gethostname()} of the Ray cluster does not have the folder "
            f"{setup.folder.container} of this machine.",
            FIX,
        )
