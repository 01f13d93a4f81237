"""Compute the hashes and vectors of pictures that have none, from their thumbnails."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import numpy as np

from mirrorlake.catalog import embeddings
from mirrorlake.catalog.thumbnails import last_asset
from mirrorlake.catalog.video_frames import missing_frames
from mirrorlake.core.settings import LOCAL_ENGINE
from mirrorlake.embedding.process import EmbeddingProcess, open_process
from mirrorlake.embedding.registry import facts_of, fetch_model, work_of
from mirrorlake.embedding.worker import Embedded
from mirrorlake.engine.choice import check_installed
from mirrorlake.engine.embedding import CLUSTER_PICTURES, open_cluster
from mirrorlake.jobs.handler import LAST, GaveWay, Handler, JobContext
from mirrorlake.jobs.library_store import library_store
from mirrorlake.library.video_frames import FrameEmbedder
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.likeness import LikenessUpdate, StoredModel
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.processing.prestart import cores
from mirrorlake.processing.previewer import MAX_WAITING, Previewer

ROWS = 256  # pictures that are committed together
READS = 8  # thumbnails that are read at once
KEPT_DAYS = 30
TURN_S = 30.0  # before it gives way to other jobs
LOCK = "likeness"
STEP, VIDEO_STEP = "embedding pictures", "embedding frames of videos"
VIDEOS = 16  # that are read together
ROOM_S = 600.0  # that a video waits for those before it


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessArgs:
    """No arguments: everything that is missing is computed."""


def update(job: Job, _args: LikenessArgs, context: JobContext) -> LikenessUpdate:
    """Embed what is missing, then let the model answer searches. What an interrupted job stored is not repeated."""
    catalog, reporter = context.catalog, context.reporter
    reporter.step(STEP, 0, 0)
    name = embeddings.wanted_model(catalog)
    model = None if name is None else _prepare(context, name)
    embeddings.forget_failures(catalog, None if job.requested_by is None else job.created)
    began = time.monotonic()
    last, after, hashed, embedded, failed = last_asset(catalog), 0, 0, 0, 0
    few = len(embeddings.missing_pictures(catalog, model, after, ROWS)) < ROWS
    with closing(library_store(context.settings)) as store, _pool(context, name, few=few) as pool:
        thumbnails = Thumbnails(catalog, store.store)
        while missing := embeddings.missing_pictures(catalog, model, after, pool.rows):
            reporter.step(STEP, after, last)
            if _replaced(context, began):
                return LikenessUpdate(hashed=hashed, embedded=embedded, failed=failed, model=name)
            digests = list(dict.fromkeys(one.digest for one in missing))
            found = pool.embed(thumbnails, digests)
            kept = [(digest, one) for digest, one in zip(digests, found, strict=True) if one is not None]
            vectors = [np.frombuffer(one.vector or b"", np.float32).tolist() for _, one in kept]
            hashes = [one.hash for _, one in kept]
            embeddings.store_pictures(catalog, model, [digest for digest, _ in kept], hashes, vectors)
            lost = [digest for digest, one in zip(digests, found, strict=True) if one is None]
            embeddings.store_failures(catalog, lost)
            hashed, failed = hashed + len(kept), failed + len(lost)
            embedded += 0 if model is None else len(kept)
            after = missing[-1].asset_id
        videos = 0 if model is None else _embed_videos(context, model, pool.first, began)
    embeddings.forget_embedding_again(catalog)
    if model is not None and videos is not None:
        reporter.step("completing the model", last, last)
        embeddings.complete_model(catalog, model, reporter.counted("completing the model"))
    return LikenessUpdate(hashed=hashed, embedded=embedded, failed=failed, model=name, videos=videos or 0)


def _replaced(context: JobContext, began: float) -> bool:
    """Whether a queued job continues this one, while other jobs wait. Raises GaveWay if they wait and none does."""
    if time.monotonic() - began <= TURN_S or not context.others_wait():
        return False
    if embeddings.is_queued(context.catalog, LOCK):
        return True
    raise GaveWay


def _embed_videos(context: JobContext, model: StoredModel, process: EmbeddingProcess, began: float) -> int | None:
    """Embed frames of videos, and return of how many; None if a queued job continues this one. Raises GaveWay."""
    catalog, done, after, last = context.catalog, 0, 0, last_asset(context.catalog)
    count = min(context.processes or cores(), MAX_WAITING)
    with closing(Previewer(processes=count, room_s=ROOM_S)) as previewer:
        frames = FrameEmbedder(catalog, model, process, previewer, context.store_of, readers=count)
        while missing := missing_frames(catalog, model, after, VIDEOS):
            context.reporter.step(VIDEO_STEP, after, last)
            done += frames.embed(missing)
            after = missing[-1].asset_id
            if _replaced(context, began):
                return None
    return done


def _prepare(context: JobContext, name: str) -> StoredModel:
    fetch_model(name, context.settings.models)
    facts = facts_of(name, context.settings.models)
    return embeddings.prepare_model(
        context.catalog,
        name=facts.name,
        dimensions=facts.dimensions,
        picture_cutoff=facts.picture_cutoff,
        text_cutoff=facts.text_cutoff,
    )


class _Pool:
    """Processes that embed, each with a thread that waits for it, and threads that read thumbnails."""

    def __init__(
        self, processes: Sequence[EmbeddingProcess], readers: ThreadPoolExecutor, batch: int, rows: int = ROWS
    ) -> None:
        self._processes = processes
        self.rows = rows  # that are committed together
        self.first = processes[0]
        self._batch = batch  # pictures of one answer of a process
        self._readers = readers

    def embed(self, thumbnails: Thumbnails, digests: Sequence[bytes]) -> list[Embedded | None]:
        """What was found of each digest; None without a thumbnail, or for a damaged one."""
        places = thumbnails.locate(digests)
        read = list(self._readers.map(thumbnails.read_at, digests, [places.get(digest) for digest in digests]))
        present = [one for one in read if one is not None]
        batches = [present[first : first + self._batch] for first in range(0, len(present), self._batch)]
        shares = [batches[place :: len(self._processes)] for place in range(len(self._processes))]
        answers = list(self._readers.map(_embed_share, self._processes, shares))
        found = iter(
            one
            for number in range(len(batches))
            for one in answers[number % len(self._processes)][number // len(self._processes)]
        )
        return [None if one is None else next(found) for one in read]


def _embed_share(process: EmbeddingProcess, share: Sequence[Sequence[bytes]]) -> list[list[Embedded | None]]:
    return [process.embed(batch) for batch in share]


@contextmanager
def _pool(context: JobContext, model: str | None, *, few: bool) -> Generator[_Pool]:
    """The processes of this machine, or the cluster; `few` pictures are embedded here: reaching it takes seconds."""
    work, models, engine = (
        work_of(model, context.processes or cores()),
        context.settings.models,
        context.settings.engine,
    )
    check_installed(engine)
    readers = ThreadPoolExecutor(max(READS, work.processes), thread_name_prefix="embedding")
    with readers, ExitStack() as stack:
        if engine != LOCAL_ENGINE and not few:
            cluster = stack.enter_context(open_cluster(engine, model, models))
            yield _Pool([cluster], readers, CLUSTER_PICTURES, CLUSTER_PICTURES)
            return
        opened = [open_process(model, models, threads=work.threads) for _ in range(work.processes)]
        yield _Pool([stack.enter_context(one) for one in opened], readers, work.batch)


LIKENESS = Handler(
    kind=JobKind.LIKENESS,
    args=LikenessArgs,
    result=LikenessUpdate,
    run=update,
    lock=lambda _: LOCK,
    policy=RetryPolicy(after_failure=False),  # it is due again after the next run
    priority=LAST,
    kept_days=KEPT_DAYS,
)
