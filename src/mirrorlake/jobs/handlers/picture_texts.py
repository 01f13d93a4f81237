"""Read the text in pictures of a datasource that wants it, where that was not done yet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from mirrorlake.catalog import picture_texts
from mirrorlake.catalog.picture_texts import ReadText, UnreadPicture
from mirrorlake.catalog.thumbnails import last_asset
from mirrorlake.jobs.handler import LAST, GaveWay, Handler, JobContext
from mirrorlake.library.picture_texts import TextReader
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.picture_texts import PictureTextUpdate
from mirrorlake.ocr.engine import model_name
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.processing.prestart import cores
from mirrorlake.processing.previewer import MAX_WAITING, Previewer

EACH = 4  # pictures of each process that are committed together: some seconds of work
KEPT_DAYS = 30
TURN_S = 30.0  # before it gives way to other jobs
STEP = "reading text in pictures"
ROOM_S = 600.0  # that a picture waits for those before it


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTextArgs:
    """No arguments: everything that is missing is read."""


def read(job: Job, _args: PictureTextArgs, context: JobContext) -> PictureTextUpdate:
    """Read what is missing, and nothing that an interrupted job stored. Raises UsageError without the packages."""
    catalog, reporter, source = context.catalog, context.reporter, context.source(job)
    reporter.step(STEP, 0, 0)
    counts = _Counts()
    if not source.settings.picture_text:  # turned off while the job was queued
        return counts.result()
    model, store = model_name(), context.store_of(source)
    began, last, after = time.monotonic(), last_asset(catalog), 0
    count = min(context.processes or cores(), MAX_WAITING)
    with (
        closing(Previewer(processes=count, room_s=ROOM_S)) as previewer,
        closing(TextReader(previewer, store, count=count)) as reader,
    ):
        while pictures := picture_texts.unread(catalog, source.id, model, after, EACH * count):
            found = list[ReadText]()
            try:
                for one in reader.read(_each_once(pictures)):
                    reporter.step(STEP, after, last)
                    counts.add(one)
                    if one is not None:
                        found.append(one)
            finally:  # what was read before a failure or a cancellation is kept
                picture_texts.store(catalog, model, found)
            after = pictures[-1].asset_id
            if time.monotonic() - began > TURN_S and context.others_wait():
                if picture_texts.is_queued(catalog, lock_of(source.id)):
                    break  # that one continues
                raise GaveWay
    return counts.result()


def lock_of(datasource_id: int | None) -> str:
    """The lock of these jobs: one of a datasource at a time, beside its runs."""
    return f"picture-text:{datasource_id}"


def _each_once(pictures: Sequence[UnreadPicture]) -> list[UnreadPicture]:
    """One picture of each content."""
    return list({one.digest: one for one in pictures}.values())


class _Counts:
    """What was done so far."""

    def __init__(self) -> None:
        self._read = self._with_text = self._failed = self._postponed = 0

    def add(self, one: ReadText | None) -> None:
        """Count what became of a picture."""
        if one is None:
            self._postponed += 1
        elif one.failure is not None:
            self._failed += 1
        else:
            self._read += 1
            self._with_text += bool(one.text)

    def result(self) -> PictureTextUpdate:
        """The counts as the result of a job."""
        return PictureTextUpdate(
            read=self._read, with_text=self._with_text, failed=self._failed, postponed=self._postponed
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
