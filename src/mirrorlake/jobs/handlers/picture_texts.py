"""Read the text in pictures of a datasource that wants it, where that was not done yet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from mirrorlake.catalog import picture_texts
from mirrorlake.catalog.picture_texts import ReadText, UnreadPicture
from mirrorlake.catalog.thumbnails import last_asset
from mirrorlake.core.errors import NoSuchBucket, SourceUnreachable, StorageError, WrongRegion
from mirrorlake.jobs.handler import LAST, GaveWay, Handler, JobContext
from mirrorlake.library.picture_texts import TextReader
from mirrorlake.library.reads import Reads
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.picture_texts import PictureTextUpdate
from mirrorlake.ocr.engine import model_name
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import cores
from mirrorlake.processing.previewer import MAX_WAITING, Previewer

EACH = 4  # pictures of each process that are committed together: some seconds of work
KEPT_DAYS = 30
TURN_S = 30.0  # before it gives way to other jobs
STEP = "reading text in pictures"
ROOM_S = 600.0  # that a picture waits for those before it
PAGE = 500  # pictures that are looked up together: finding few of them may take as long as finding many
UNREACHABLE = 20  # pictures in a row after which a bucket is not asked for others
# Others are of one object: a run reports them, and they are no reason to try again in an hour.
_OF_SOURCE = (NoSuchBucket, SourceUnreachable, WrongRegion)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTextArgs:
    """No arguments: everything that is missing is read."""


def read(job: Job, _args: PictureTextArgs, context: JobContext) -> PictureTextUpdate:
    """Read what is missing, and nothing that an interrupted job stored.

    Raises UsageError without the packages, and StorageError if the bucket did not answer for a picture: after
    several in a row, otherwise at the end.
    """
    catalog, reporter, source = context.catalog, context.reporter, context.source(job)
    reporter.step(STEP, 0, 0)
    counts = _Counts()
    if not source.settings.picture_text:  # turned off while the job was queued
        return counts.result(Reads())
    model, store = model_name(), context.store_of(source)
    began, last = time.monotonic(), last_asset(catalog)
    count = min(context.processes or cores(), MAX_WAITING)
    with (
        closing(Previewer(processes=count, room_s=ROOM_S)) as previewer,
        closing(TextReader(previewer, store, count=count)) as reader,
    ):
        for pictures in _unread(catalog, source.id, model, EACH * count):
            if not picture_texts.is_wanted(catalog, source.id):
                break
            found = list[ReadText]()
            try:
                for picture, one in zip(pictures, reader.read(pictures), strict=True):
                    reporter.step(STEP, picture.asset_id, last)
                    counts.add(one)
                    if isinstance(one, ReadText):
                        found.append(one)
            finally:  # what was read before a failure or a cancellation is kept
                picture_texts.store(catalog, model, found)
            if counts.in_a_row >= UNREACHABLE:
                counts.check()
            if time.monotonic() - began > TURN_S and context.others_wait():
                if picture_texts.is_queued(catalog, lock_of(source.id)):
                    break  # that one continues
                raise GaveWay
    counts.check()
    return counts.result(reader.reads)


def _unread(catalog: Catalog, datasource_id: int, model: str, each: int) -> Iterator[list[UnreadPicture]]:
    """The pictures to read, `each` of them at a time and one of each content, by asset."""
    after = 0
    while page := picture_texts.unread(catalog, datasource_id, model, after, PAGE):
        after = page[-1].asset_id
        contents = {one.digest: one for one in reversed(page)}
        first = sorted(contents.values(), key=lambda one: one.asset_id)
        yield from (first[start : start + each] for start in range(0, len(first), each))


def lock_of(datasource_id: int | None) -> str:
    """The lock of these jobs: one of a datasource at a time, beside its runs."""
    return f"picture-text:{datasource_id}"


class _Counts:
    """What was done so far."""

    def __init__(self) -> None:
        self._read = self._with_text = self._failed = self._postponed = 0
        self._unreachable: StorageError | None = None
        self.in_a_row = 0  # the last pictures for which the bucket did not answer

    def add(self, one: ReadText | StorageError) -> None:
        """Count what became of a picture."""
        unreachable = one if isinstance(one, _OF_SOURCE) else None
        self.in_a_row = 0 if unreachable is None else self.in_a_row + 1
        self._unreachable = self._unreachable or unreachable
        if isinstance(one, StorageError):
            self._postponed += 1
        elif one.failure is not None:
            self._failed += 1
        else:
            self._read += 1
            self._with_text += bool(one.text)

    def check(self) -> None:
        """Raise the StorageError of the first picture for which the bucket did not answer."""
        if self._unreachable is not None:
            raise self._unreachable

    def result(self, reads: Reads) -> PictureTextUpdate:
        """The counts as the result of a job."""
        return PictureTextUpdate(
            read=self._read,
            with_text=self._with_text,
            failed=self._failed,
            postponed=self._postponed,
            requests=reads.requests,
            bytes_read=reads.bytes,
        )


PICTURE_TEXT = Handler(
    kind=JobKind.PICTURE_TEXT,
    args=PictureTextArgs,
    result=PictureTextUpdate,
    run=read,
    lock=lock_of,
    policy=RetryPolicy(after_failure=False),  # it is due again after the next run, or an hour later
    priority=LAST,
    kept_days=KEPT_DAYS,
)
