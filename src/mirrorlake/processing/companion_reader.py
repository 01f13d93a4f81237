"""Read companions in threads of this process: without images to decode, worker processes would mostly load modules."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from mirrorlake.formats.stages import Stage
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.processing.process import RenderedObject, fetch, finish
from mirrorlake.processing.rows import Job, Result, processed_batch, read_jobs, split_batches
from mirrorlake.storage.base import Store

CHUNK_ROWS = 32  # read one after another by one thread
CHUNKS_AHEAD = 3  # per thread; bounds the results that wait for a commit


def read_companions(
    changes: Iterable[pa.RecordBatch], store: Store, *, threads: int, check_open: Callable[[], None]
) -> Generator[pa.RecordBatch]:
    """PROCESSED batches for CHANGES rows of which only companions are read, in their order.

    `check_open` is called after each batch was read, and its error is raised: the store may have been closed meanwhile.
    Stopping early ends the reading.
    """
    pool = ThreadPoolExecutor(threads, "companions")
    waiting: deque[Future[pa.RecordBatch]] = deque()

    def take() -> pa.RecordBatch:
        done = waiting.popleft().result()
        check_open()
        return done

    try:
        for chunk in split_batches(changes, CHUNK_ROWS):
            waiting.append(pool.submit(_read_chunk, chunk, store))
            if len(waiting) >= threads * CHUNKS_AHEAD:
                yield take()
        while waiting:
            yield take()
    finally:
        pool.shutdown(cancel_futures=True)


def _read_chunk(chunk: pa.RecordBatch, store: Store) -> pa.RecordBatch:
    return processed_batch(chunk, [_read(job, store) for job in read_jobs(chunk)])


def _read(job: Job, store: Store) -> Result:
    if job.read_image:
        raise ValueError(f"{job.key!r} has an image to decode, which is the work of a worker process")
    fetched = fetch(job, store)
    if isinstance(fetched, Result):
        return fetched
    try:
        found = finish(job, fetched)
    except Exception as error:  # noqa: BLE001  a bug met with strange bytes fails this object, not the pass
        reason = f"unexpected error while processing ({type(error).__name__}: {error}); please report this file"
        return Result(result=ResultKind.FAILED, stage=Stage.SIDECAR, reason=reason)
    if isinstance(found, RenderedObject):
        raise TypeError("a job without an image has no thumbnail")
    return found
