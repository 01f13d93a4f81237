"""Delete the files of a deleted workspace from the library store."""

from __future__ import annotations

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from mirrorlake.core.errors import UsageError
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.jobs.library_store import THUMBNAILS, library_store
from mirrorlake.mirror.library_marker import DATABASES, check_uncopied
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.public import public_noun
from mirrorlake.plan.backoff import RetryPolicy

_FOLDER = re.compile(r"workspaces/[0-9]+")
_AT_ONCE = 256  # requests of a bucket; each deletes one file
_THREADS = 16
STEP = "Deleting files"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardArgs:
    """Delete everything in this folder of the library store, which is that of a workspace."""

    folder: str


@public_noun
class Discarded:
    """What was deleted."""

    files: int


def discard(_job: Job, args: DiscardArgs, context: JobContext) -> Discarded:
    """Delete all files of the folder. What an interrupted job has deleted is not deleted again.

    Raises Conflict if a copy of the library still has the workspace.
    """
    if not _FOLDER.fullmatch(args.folder):
        raise UsageError(f"{args.folder!r} is not the folder of a workspace.", "Nothing was deleted.")
    files = 0
    context.reporter.step(STEP, 0, 0)
    settings = replace(context.settings, part=args.folder)
    with closing(library_store(context.settings, args.folder)) as library, ThreadPoolExecutor(_THREADS) as threads:
        store = library.store
        check_uncopied(context.catalog, store, time.time(), below=f"{THUMBNAILS}/{DATABASES}/")
        for folder in (settings.uploads, settings.previews):
            shutil.rmtree(folder, ignore_errors=True)
        listed = store.list("")
        while some := list(islice(listed, _AT_ONCE)):
            list(threads.map(store.delete, (one.key for one in some)))  # raises the first error
            files += len(some)
            context.reporter.step(STEP, files, files)
    return Discarded(files=files)


DISCARD = Handler(
    kind=JobKind.DISCARD_FILES,
    args=DiscardArgs,
    result=Discarded,
    run=discard,
    policy=RetryPolicy(max_attempts=3),
    kept_days=30,
)
