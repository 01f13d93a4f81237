"""What a worker does now and then for one workspace, besides its jobs."""

from __future__ import annotations

from dataclasses import replace

from mirrorlake.catalog import (
    backfills,
    bulk_edits,
    embeddings,
    field_counts,
    jobs,
    picture_hashes,
    picture_texts,
    search_indexes,
    thumbnail_packs,
)
from mirrorlake.embedding.registry import ModelUnavailable, facts_of
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers.likeness import LikenessArgs
from mirrorlake.jobs.handlers.picture_texts import PictureTextArgs
from mirrorlake.jobs.handlers.search_indexes import IndexArgs
from mirrorlake.jobs.handlers.thumbnails import CleanArgs
from mirrorlake.jobs.places import Place
from mirrorlake.jobs.registry import HANDLERS
from mirrorlake.model.jobs import JobKind


def fold_fields(place: Place) -> bool:
    """Count the fields of some changed assets, then change what an upgrade left; return whether nothing is left."""
    return field_counts.fold(place.catalog, seconds=0) and backfills.fill_some(place.catalog)


def enqueue_due(place: Place) -> None:
    """Queue what is due for indexes, likeness, text in pictures and packs of thumbnails."""
    search_indexes.enqueue_due(place.catalog, new_job(JobKind.SEARCH_INDEXES, IndexArgs()))
    _enqueue_likeness(place)
    picture_texts.enqueue_due(
        place.catalog, lambda source: new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=source)
    )
    if place.settings.repack_percent:
        upkeep, rest = (
            new_job(JobKind.THUMBNAILS_CLEAN, CleanArgs(dead_percent=percent))
            for percent in (place.settings.repack_percent, 0)
        )
        thumbnail_packs.enqueue_due(place.catalog, upkeep, rest)


def _enqueue_likeness(place: Place) -> None:
    pool = embeddings.pool_of_workers(place.catalog)
    job = replace(new_job(JobKind.LIKENESS, LikenessArgs()), pool=pool)
    # Workers of other pools may have other weights, which are none of its jobs.
    vectors = _vectors_here(place) if place.pool == pool else None
    embeddings.enqueue_due(place.catalog, job, vectors=vectors)


def _vectors_here(place: Place) -> str | None:
    """What the vectors are called that the chosen model makes here; None without one that can be used."""
    model = embeddings.wanted_model(place.catalog)
    if model is None:
        return None
    try:
        return facts_of(model, place.settings.models).name
    except ModelUnavailable:  # the job reports it
        return None


def prune(place: Place) -> None:
    """Delete what has been kept long enough."""
    for handler in HANDLERS.values():
        if handler.kept_days is not None:
            jobs.prune(place.catalog, [handler.kind], days=handler.kept_days)
    bulk_edits.purge_undo(place.catalog, days=place.settings.undo_days)
    picture_hashes.delete_unused(place.catalog)
    picture_texts.delete_unused(place.catalog)
