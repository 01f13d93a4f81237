"""What a person decides about removals: to let held ones happen, to bring an asset back, to empty the trash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import pyarrow as pa

from mirrorlake.catalog import assets, datasources, removal
from mirrorlake.catalog import purge as trash
from mirrorlake.catalog.removal import Vanished
from mirrorlake.core.errors import Conflict, MirrorlakeError, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.core.text import count_noun
from mirrorlake.jobs.execution import enqueue_run, new_job, run_here
from mirrorlake.jobs.handlers.confirm import ConfirmArgs
from mirrorlake.jobs.handlers.purge import PurgeArgs
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import store_config
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
    """Carry out what the newest held run of this plan holds back, in this process. Arguments and errors as below."""
    return run_here(settings, catalog, _confirmation(catalog, run_id, plan_hash, None, requested_by)[1])


def request_confirm(
    catalog: Catalog, *, run_id: int | None, plan_hash: str | None, count: int | None = None, requested_by: str
) -> int:
    """Queue a run that carries out what the newest held run of this plan holds back; answers its number.

    `run_id` or `plan_hash` names it; `count`, where given, must be the number of removals held. Raises NotFound where
    nothing of that name is held, UsageError where another number is, Conflict where it was confirmed or superseded,
    PassRunning where a run of the datasource is at work.
    """
    source, job = _confirmation(catalog, run_id, plan_hash, count, requested_by)
    return enqueue_run(catalog, source, job)


def _confirmation(
    catalog: Catalog, run_id: int | None, plan_hash: str | None, count: int | None, requested_by: str
) -> tuple[Datasource, NewJob]:
    if run_id is None and plan_hash is None:
        raise UsageError("Which run is it?", "Name it: mirrorlake runs confirm RUN (mirrorlake runs list shows them).")
    held = removal.find_confirmable(catalog, run_id=run_id, plan_hash=plan_hash)
    if count is not None and count != held.count:
        raise UsageError(
            f"Run {held.run_id} holds {count_noun(held.count, 'removal')}, not {count:,}.",
            "Look at what is held once more.",
        )
    source = datasources.by_id(catalog, held.datasource_id)
    args = ConfirmArgs(run=held.run_id)
    return source, new_job(JobKind.CONFIRM, args, datasource=source, requested_by=requested_by)


def restore(catalog: Catalog, asset_id: str, *, by: Context) -> AssetDetail:
    """Bring an asset back from the trash. Raises NotFound, Conflict where it is not there."""
    return restore_in(catalog, asset_id, store_config, by=by)


def restore_in(
    catalog: Catalog, asset_id: str, store_factory: Callable[[Datasource], StoreFactory], *, by: Context = LIBRARY
) -> AssetDetail:
    """The same over any store. The asset is present where its object stands as it was, else missing."""
    back: list[Vanished] = []
    away: list[Vanished] = []
    stands = False
    for each in removal.list_vanished(catalog, asset_id):
        source = datasources.by_id(catalog, each.datasource_id)
        here, taken = _look_for(each, source, catalog, store_factory(source))
        stands = stands or here
        (back if here and taken else away).append(each)
    removal.restore(catalog, asset_id, back=back, away=away, exists=stands, by=by)
    return assets.get_asset_detail(catalog, asset_id)


def _look_for(each: Vanished, source: Datasource, catalog: Catalog, store_factory: StoreFactory) -> tuple[bool, bool]:
    """Whether an object stands as it was, and whether a pass would take it. A source out of reach is no hindrance."""
    try:
        with closing(store_factory.open()) as store:
            now = store.head(each.key)
            rules, _ = read_rules(source, store, catalog, known_id=source.id)
    except MirrorlakeError:
        return False, False
    taken = bool(rules.governing(pa.array([each.key], pa.string()))[0] >= 0)
    return (now.token, now.size) == (each.token, each.size), taken


def purgeable(catalog: Catalog, name: str, *, days: int) -> Purge:
    """How many assets of a datasource's trash were last touched so many days ago. Raises NotFound."""
    return _purgeable(catalog, name, days)[1]


def purge_trash(
    settings: Settings,
    catalog: Catalog,
    name: str,
    *,
    days: int,
    acknowledged: int | None,
    requested_by: str,
    store_factory: Callable[[Datasource], StoreFactory] = store_config,
) -> tuple[Purge, Report | None]:
    """What of the trash of a datasource is older than so many days, and the report of deleting it in this process.

    There is no report unless `acknowledged` is that number. A deleted datasource has a trash too. Raises NotFound,
    UsageError where another number would be deleted, PassRunning where a run of the datasource is at work.
    """
    source, found, before = _purgeable(catalog, name, days)
    if acknowledged is None or not found.acknowledge:
        return found, None
    job = _purge(source, found, before, acknowledged, requested_by)
    return found, run_here(settings, catalog, job, store_factory=store_factory)


def request_purge(catalog: Catalog, name: str, *, days: int, acknowledged: int, requested_by: str) -> int:
    """Queue a run that deletes what of a datasource's trash is older than so many days; answers its number.

    Raises NotFound, UsageError where another number would be deleted, Conflict where none would, PassRunning.
    """
    source, found, before = _purgeable(catalog, name, days)
    if not found.acknowledge:
        long = count_noun(days, "day")
        raise Conflict(f"Nothing waits in the trash of {found.datasource} for {long} that nothing else uses.")
    return enqueue_run(catalog, source, _purge(source, found, before, acknowledged, requested_by))


def _purgeable(catalog: Catalog, name: str, days: int) -> tuple[Datasource, Purge, datetime]:
    source = datasources.by_name(catalog, name, deleted=True) or datasources.named(catalog, name)
    before = trash.get_cutoff(catalog, days)
    found = trash.count(catalog, source.id, before)
    return source, Purge(datasource=source.name, days=days, acknowledge=found), before


def _purge(source: Datasource, purge: Purge, before: datetime, acknowledged: int, requested_by: str) -> NewJob:
    found = purge.acknowledge
    if acknowledged != found:
        raise UsageError(
            f"{count_noun(found, 'asset')} would go, not {acknowledged:,}.",
            f"Say so if that is right: --acknowledge {found}",
        )
    return new_job(JobKind.PURGE, PurgeArgs(before=before), datasource=source, requested_by=requested_by)
