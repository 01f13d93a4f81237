"""Run a stage of processing again for the assets of a query: one row for each stage, which queues its jobs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from mirrorlake.catalog import datasources, embeddings, functions, jobs, looks, picture_texts
from mirrorlake.core.errors import UsageError
from mirrorlake.jobs.execution import enqueue_run, new_job
from mirrorlake.jobs.handler import LONG
from mirrorlake.jobs.handlers.functions import FunctionArgs, function_job
from mirrorlake.jobs.handlers.likeness import LikenessArgs
from mirrorlake.jobs.handlers.picture_texts import PictureTextArgs
from mirrorlake.jobs.handlers.retry import RetryArgs
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.functions import FunctionEvent
from mirrorlake.model.jobs import JobKind
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Resources
from mirrorlake.services.functions import require_active

# Queues the jobs of a stage for a query and returns their numbers. The text is what follows the colon of the stage.
Stage = Callable[[Resources, str, str, Context], list[int]]


def reprocess(resources: Resources, query: str, stage: str, *, by: Context) -> list[int]:
    """Queue the jobs of a stage. Raises UsageError, QueryError, NotFound, PassRunning and PermissionDenied."""
    select_ids(query)
    name, _, of = stage.partition(":")
    if name not in STAGES:
        raise UsageError(f"There is no stage {name!r}.", f"Write {' or '.join(_WRITTEN.values())}.")
    if (":" in _WRITTEN[name]) != bool(of):
        raise UsageError(f"The stage {stage!r} is incomplete.", f"Write {_WRITTEN[name]}.")
    return STAGES[name](resources, query, of, by)


def call_again(resources: Resources, query: str, name: str, by: Context) -> list[int]:
    """Call a function for all assets of the query. Raises NotFound and UsageError."""
    stored = functions.named(resources.catalog, name)
    require_active(stored.function)
    if FunctionEvent.RUN_FINISHED in stored.function.events:
        raise UsageError(f"The function {name} is called for runs, not for assets.")
    args = FunctionArgs(function=name, query=query)
    job = function_job(name, stored.function.pool, stored.id, args, requested_by=by.actor.name)
    return [jobs.request(resources.catalog, job)]


def _read_again(resources: Resources, query: str, _of: str, by: Context) -> list[int]:
    """Read the objects again, whatever is known of them: a run for each of their datasources. Raises PassRunning."""
    by.require(Permission.RUNS_CONTROL)
    catalog = resources.catalog
    found = [datasources.named(catalog, name) for name in looks.count_by_source(catalog, select_ids(query))]
    return [
        enqueue_run(
            catalog,
            source,
            replace(  # nobody waits for it as for a few failed objects
                new_job(JobKind.RETRY, RetryArgs(query=query), datasource=source, requested_by=by.actor.name),
                priority=LONG,
            ),
        )
        for source in found
    ]


def _read_text_again(resources: Resources, query: str, _of: str, by: Context) -> list[int]:
    """Read the text in pictures again, also where that failed: a job for each datasource that wants it.

    Raises UsageError if none of them does.
    """
    catalog = resources.catalog
    found = looks.count_by_source(catalog, select_ids(query))
    wanted = [name for name in picture_texts.wanted(catalog) if name in found]
    if found and not wanted:
        raise UsageError(
            f"No text is read in pictures of {', '.join(found)}.",
            "Turn it on in its settings, or with:"
            f" mirrorlake datasource change {shlex.quote(next(iter(found)))} --picture-text",
        )
    picture_texts.read_again(catalog, select_ids(query))
    sources = [datasources.named(catalog, name) for name in wanted]
    return [
        jobs.request(
            catalog,
            new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=source, requested_by=by.actor.name),
        )
        for source in sources
    ]


def _embed_again(resources: Resources, query: str, _of: str, by: Context) -> list[int]:
    """Compute the hashes and vectors of pictures again from their thumbnails, also where that failed."""
    catalog = resources.catalog
    if not looks.count_by_source(catalog, select_ids(query)):
        return []
    embeddings.embed_again(catalog, select_ids(query))
    return [jobs.request(catalog, new_job(JobKind.LIKENESS, LikenessArgs(), requested_by=by.actor.name))]


STAGES: Final[Mapping[str, Stage]] = {
    "look": _read_again,
    "text": _read_text_again,
    "embedding": _embed_again,
    "function": call_again,
}
_WRITTEN: Final[Mapping[str, str]] = {
    "look": "look",
    "text": "text",
    "embedding": "embedding",
    "function": "function:NAME",
}
