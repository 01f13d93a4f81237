"""Run a stage of processing again for chosen assets: one row for each stage, which queues its jobs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mirrorlake.catalog import datasources, embeddings, functions, jobs, looks, picture_texts
from mirrorlake.catalog.bulk_edits import Selection
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
from mirrorlake.search.selections import select_chosen
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import check_ids
from mirrorlake.services.functions import require_active


@dataclass(frozen=True, slots=True)
class Chosen:
    """The assets to process again: those of a query, or those with these ids."""

    query: str | None
    assets: tuple[str, ...] = ()
    failed: bool = False  # only those of them whose last call of the function failed

    def select(self) -> Selection:
        """A SELECT of their ids, with its values. Raises QueryError and NotFound."""
        return select_chosen(self.query, self.assets)


# Queues the jobs of a stage for assets and returns their numbers. The text is what follows the colon of the stage.
Stage = Callable[[Resources, Chosen, str, Context], list[int]]


def reprocess(resources: Resources, chosen: Chosen, stage: str, *, by: Context) -> list[int]:
    """Queue the jobs of a stage. Raises UsageError, QueryError, NotFound, PassRunning and PermissionDenied."""
    if (chosen.query is None) == (not chosen.assets):
        raise UsageError("Assets are selected either by a query or by their ids.", "Give one of both.")
    chosen.select()
    check_ids(resources.catalog, chosen.assets)
    name, _, of = stage.partition(":")
    if name not in STAGES:
        raise UsageError(f"There is no stage {name!r}.", f"Write {' or '.join(_WRITTEN.values())}.")
    if chosen.failed and name != "function":
        raise UsageError(
            f"The stage {stage!r} has no calls that failed.", "Choose function:NAME, or leave out `failed`."
        )
    if (":" in _WRITTEN[name]) != bool(of):
        raise UsageError(f"The stage {stage!r} is incomplete.", f"Write {_WRITTEN[name]}.")
    return STAGES[name](resources, chosen, of, by)


def call_again(resources: Resources, chosen: Chosen, name: str, by: Context) -> list[int]:
    """Call a function for all these assets, or where its last call failed. Raises NotFound and UsageError."""
    stored = functions.named(resources.catalog, name)
    require_active(stored.function)
    if FunctionEvent.RUN_FINISHED in stored.function.events:
        raise UsageError(f"The function {name} is called for runs, not for assets.")
    args = FunctionArgs(function=name, query=chosen.query, assets=chosen.assets, failed=chosen.failed)
    job = function_job(name, stored.function.pool, stored.id, args, requested_by=by.actor.name)
    return [jobs.request(resources.catalog, job)]


def _read_again(resources: Resources, chosen: Chosen, _of: str, by: Context) -> list[int]:
    """Read the objects again, whatever is known of them: a run for each of their datasources. Raises PassRunning."""
    by.require(Permission.RUNS_CONTROL)
    catalog = resources.catalog
    found = [datasources.named(catalog, name) for name in looks.count_by_source(catalog, chosen.select())]
    args = RetryArgs(query=chosen.query, assets=chosen.assets)
    return [
        enqueue_run(
            catalog,
            source,
            replace(  # nobody waits for it as for a few failed objects
                new_job(JobKind.RETRY, args, datasource=source, requested_by=by.actor.name), priority=LONG
            ),
        )
        for source in found
    ]


def _read_text_again(resources: Resources, chosen: Chosen, _of: str, by: Context) -> list[int]:
    """Read the text in pictures again, also where that failed: a job for each datasource that wants it.

    Raises UsageError if none of them does.
    """
    catalog = resources.catalog
    found = looks.count_by_source(catalog, chosen.select())
    wanted = [name for name in picture_texts.wanted(catalog) if name in found]
    if found and not wanted:
        raise UsageError(
            f"No text is read in pictures of {', '.join(found)}.",
            "Turn it on in its settings, or with:"
            f" mirrorlake datasource change {shlex.quote(next(iter(found)))} --picture-text",
        )
    picture_texts.read_again(catalog, chosen.select())
    sources = [datasources.named(catalog, name) for name in wanted]
    return [
        jobs.request(
            catalog,
            new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=source, requested_by=by.actor.name),
        )
        for source in sources
    ]


def _embed_again(resources: Resources, chosen: Chosen, _of: str, by: Context) -> list[int]:
    """Compute the hashes and vectors of pictures again from their thumbnails, also where that failed."""
    catalog = resources.catalog
    if not looks.count_by_source(catalog, chosen.select()):
        return []
    embeddings.embed_again(catalog, chosen.select())
    job = new_job(JobKind.LIKENESS, LikenessArgs(), requested_by=by.actor.name)
    return [jobs.request(catalog, replace(job, pool=embeddings.pool_of_workers(catalog)))]


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
