"""Compute the hashes and vectors of pictures that have none, from their thumbnails."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from mirrorlake.catalog import embeddings
from mirrorlake.catalog.thumbnails import last_asset
from mirrorlake.catalog.video_frames import missing_frames
from mirrorlake.core.settings import LOCAL_ENGINE
from mirrorlake.embedding.gpus import count_gpus
from mirrorlake.embedding.process import EmbeddingProcess, open_process
from mirrorlake.embedding.registry import facts_of, fetch_model, work_of
from mirrorlake.engine.choice import check_installed
from mirrorlake.engine.embedding import CLUSTER_PICTURES, open_cluster
from mirrorlake.jobs.handler import LAST, GaveWay, Handler, JobContext
from mirrorlake.jobs.library_store import library_store
from mirrorlake.library.picture_vectors import EmbeddingPool, PictureEmbedder
from mirrorlake.library.reads import Reads
from mirrorlake.library.video_frames import FrameEmbedder
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.likeness import LikenessUpdate, StoredModel
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.processing.prestart import cores
from mirrorlake.processing.previewer import MAX_WAITING, Previewer

ROWS = 256  # pictures that are committed together
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
    began, last = time.monotonic(), last_asset(catalog)
    few = len(embeddings.missing_pictures(catalog, model, 0, ROWS)) < ROWS
    reads = Reads()
    with closing(library_store(context.settings)) as store, _pool(context, name, few=few) as (pool, rows):
        pictures = PictureEmbedder(catalog, model, Thumbnails(catalog, store.store), pool, rows)
        with closing(pictures.pages()) as pages:
            unfinished = _until_replaced(context, pages, last, began)
        videos = None if unfinished or model is None else _embed_videos(context, model, pool.first, reads, began)
    if not unfinished:
        embeddings.forget_embedding_again(catalog)
    if model is not None and videos is not None:
        reporter.step("completing the model", last, last)
        embeddings.complete_model(catalog, model, reporter.counted("completing the model"))
    return LikenessUpdate(
        hashed=pictures.hashed,
        embedded=pictures.embedded,
        failed=pictures.failed,
        model=name,
        videos=videos or 0,
        requests=reads.requests,
        bytes_read=reads.bytes,
    )


def _until_replaced(context: JobContext, pages: Iterable[int], last: int, began: float) -> bool:
    """Embed pages; return whether a queued job continues this one. Raises GaveWay."""
    for after in pages:
        context.reporter.step(STEP, after, last)
        if _replaced(context, began):
            return True
    context.reporter.step(STEP, last, last)
    return False


def _replaced(context: JobContext, began: float) -> bool:
    """Whether a queued job continues this one, while other jobs wait. Raises GaveWay if they wait and none does."""
    if time.monotonic() - began <= TURN_S or not context.others_wait():
        return False
    if embeddings.is_queued(context.catalog, LOCK):
        return True
    raise GaveWay


def _embed_videos(
    context: JobContext, model: StoredModel, process: EmbeddingProcess, reads: Reads, began: float
) -> int | None:
    """Embed frames of videos, and return of how many; None if a queued job continues this one. Raises GaveWay."""
    catalog, done, after, last = context.catalog, 0, 0, last_asset(context.catalog)
    count = min(context.processes or cores(), MAX_WAITING)
    with closing(Previewer(processes=count, room_s=ROOM_S)) as previewer:
        frames = FrameEmbedder(catalog, model, process, previewer, context.store_of, reads=reads, readers=count)
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


@contextmanager
def _pool(context: JobContext, model: str | None, *, few: bool) -> Generator[tuple[EmbeddingPool, int]]:
    """The processes of this machine, or the cluster, with the number of pictures that are committed together.

    `few` pictures are embedded here: reaching a cluster takes seconds.
    """
    engine, models = context.settings.engine, context.settings.models
    check_installed(engine)
    with ExitStack() as stack:
        if engine != LOCAL_ENGINE and not few:
            processes = [stack.enter_context(open_cluster(engine, model, models, context.processes))]
            batch = rows = CLUSTER_PICTURES
        else:
            work = work_of(model, context.processes or cores(), gpus=count_gpus(model))
            processes = [
                stack.enter_context(open_process(model, models, threads=work.threads, gpu=number if work.gpus else 0))
                for number in range(work.processes)
            ]
            batch, rows = work.batch, max(ROWS, work.batch * work.processes)
        yield stack.enter_context(closing(EmbeddingPool(processes, batch))), rows


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
