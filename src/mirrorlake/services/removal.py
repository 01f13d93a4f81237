"""Decisions of users about removals: confirm held ones, restore an asset, purge the trash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mirrorlake.catalog import assets, datasources, removal
from mirrorlake.catalog import purge as trash
from mirrorlake.core.errors import Conflict, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.core.text import count_noun
from mirrorlake.jobs.execution import enqueue_run, new_job, run_here
from mirrorlake.jobs.handlers.confirm import ConfirmArgs
from mirrorlake.jobs.handlers.purge import PurgeArgs
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.restoration import find_objects
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.acts import Purge
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory


def confirm_held(
    settings: Settings, catalog: Catalog, *, run_id: int | None, plan_hash: str | None, requested_by: str
) -> Report:
    """Carry out the removals of the newest held run of this plan in this process. Arguments and errors as below."""
    return run_here(settings, catalog, _confirmation(catalog, run_id, plan_hash, None, requested_by)[1])


def request_confirm(
    catalog: Catalog, *, run_id: int | None, plan_hash: str | None, count: int | None = None, requested_by: str
) -> int:
    """Queue a run that carries out the removals of the newest held run of this plan; return its number.

    `run_id` or `plan_hash` identifies the plan; `count`, if given, must be the number of held removals. Raises NotFound
    if no such removals are held, UsageError if the number differs, Conflict if they were confirmed or superseded, and
    PassRunning during another run of the datasource.
    """
    source, job = _confirmation(catalog, run_id, plan_hash, count, requested_by)
    return enqueue_run(catalog, source, job)


def _confirmation(
    catalog: Catalog, run_id: int | None, plan_hash: str | None, count: int | None, requested_by: str
) -> tuple[Datasource, NewJob]:
    if run_id is None and plan_hash is None:
        raise UsageError("No run was given.", "Name one: mirrorlake runs confirm RUN (see mirrorlake runs list).")
    held = removal.find_confirmable(catalog, run_id=run_id, plan_hash=plan_hash)
    if count is not None and count != held.count:
        raise UsageError(
            f"Run {held.run_id} holds {count_noun(held.count, 'removal')}, not {count:,}.",
            "Review the held removals again.",
        )
    source = datasources.by_id(catalog, held.datasource_id)
    args = ConfirmArgs(run=held.run_id)
    return source, new_job(JobKind.CONFIRM, args, datasource=source, requested_by=requested_by)


def restore_in(
    catalog: Catalog, asset_id: str, store_factory: Callable[[Datasource], StoreFactory], *, by: Context = LIBRARY
) -> AssetDetail:
    """Restore an asset from the trash: it is present if its object is unchanged, else missing.

    Raises NotFound, and Conflict if it is not in the trash.
    """
    found = find_objects(catalog, removal.list_vanished(catalog, asset_id), store_factory)
    removal.restore(
        catalog,
        asset_id,
        back=[one.vanished for one in found if one.is_back],
        away=[one.vanished for one in found if not one.is_back],
        exists=any(one.exists for one in found),
        by=by,
    )
    return assets.get_asset_detail(catalog, asset_id)


def purgeable(catalog: Catalog, name: str, *, days: int) -> Purge:
    """Count the trashed assets of a datasource that were not modified for `days`. Raises NotFound."""
    return _purgeable(catalog, name, days)[1]


def purge_trash(
    settings: Settings,
    catalog: Catalog,
    name: str,
    *,
    days: int,
    acknowledged: int | None,
    requested_by: str,
    store_factory: Callable[[Datasource], StoreFactory] | None = None,
) -> tuple[Purge, Report | None]:
    """The trashed assets of a datasource older than `days`, and the report of deleting them in this process.

    The report is None unless `acknowledged` is given. A deleted datasource has a trash too. Raises NotFound, UsageError
    if the number differs, and PassRunning during another run of the datasource.
    """
    source, found, before = _purgeable(catalog, name, days)
    if acknowledged is None or not found.acknowledge:
        return found, None
    job = _purge(source, found, before, acknowledged, requested_by)
    return found, run_here(settings, catalog, job, store_factory=store_factory)


def request_purge(catalog: Catalog, name: str, *, days: int, acknowledged: int, requested_by: str) -> int:
    """Queue a run that deletes the trashed assets of a datasource older than `days`; return its number.

    Raises NotFound, UsageError if the number differs, Conflict if it is zero, and PassRunning.
    """
    source, found, before = _purgeable(catalog, name, days)
    if not found.acknowledge:
        age = count_noun(days, "day")
        raise Conflict(f"No trashed assets of {found.datasource} older than {age} can be deleted.")
    return enqueue_run(catalog, source, _purge(source, found, before, acknowledged, requested_by))


def _purgeable(catalog: Catalog, name: str, days: int) -> tuple[Datasource, Purge, datetime]:
    source = datasources.by_name(catalog, name, deleted=True) or datasources.named(catalog, name)
    before = trash.get_cutoff(catalog, days)
    found = trash.count(catalog, source.id, before)
    purge = Purge(
        datasource=source.name,
        days=days,
        worked_on=found.worked_on,
        annotated=found.annotated,
        edited=found.edited,
        tagged=found.tagged,
        acknowledge=found.assets,
    )
    return source, purge, before


def _purge(source: Datasource, purge: Purge, before: datetime, acknowledged: int, requested_by: str) -> NewJob:
    found = purge.acknowledge
    if acknowledged != found:
        raise UsageError(
            f"{count_noun(found, 'asset')} would be deleted, not {acknowledged:,}.",
            f"To confirm: --acknowledge {found}",
        )
    return new_job(JobKind.PURGE, PurgeArgs(before=before), datasource=source, requested_by=requested_by)
