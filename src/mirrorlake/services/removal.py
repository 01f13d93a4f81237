"""What a person decides about removals: to let held ones happen, to bring an asset back, to empty the trash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pyarrow as pa

from mirrorlake.catalog import assets, datasources, deletion, removal
from mirrorlake.catalog import purge as trash
from mirrorlake.catalog.removal import Vanished
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.progress import OnRunStarted, noop_callback
from mirrorlake.mirror.purge import purge
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import store_config
from mirrorlake.model.acts import Deletion, Purge
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory


def confirm_held(
    catalog: Catalog,
    *,
    run_id: int | None,
    plan_hash: str | None,
    count: int | None = None,
    began: OnRunStarted = noop_callback,
) -> Report:
    """Carry out what the newest held run of this plan holds back. One of the two names it; `count` is to agree.

    `began` hears the number of the run that does it. Raises NotFound where nothing of that name is held, UsageError
    where another number is, Conflict where it was confirmed or superseded, PassRunning where a pass is at work.
    Everything else that goes wrong is told by the report.
    """
    if run_id is None and plan_hash is None:
        raise UsageError("Which run is it?", "Name it: mirrorlake runs confirm RUN (mirrorlake runs list shows them).")
    held = removal.confirmable(catalog, run_id=run_id, plan_hash=plan_hash)
    if count is not None and count != held.count:
        raise UsageError(
            f"Run {held.run_id} holds {count_noun(held.count, 'removal')}, not {count:,}.",
            "Look at what is held once more.",
        )
    return confirm(datasources.by_id(catalog, held.datasource_id), held, catalog, began=began)


def restore(catalog: Catalog, asset_id: str) -> AssetDetail:
    """Bring an asset back from the trash. Raises NotFound, Conflict where it is not there."""
    return restore_in(catalog, asset_id, store_config)


def restore_in(catalog: Catalog, asset_id: str, opens: Callable[[Datasource], StoreFactory]) -> AssetDetail:
    """The same over any store. The asset is present where its object stands as it was, else missing."""
    back: list[Vanished] = []
    away: list[Vanished] = []
    stands = False
    for each in removal.vanished_of(catalog, asset_id):
        source = datasources.by_id(catalog, each.datasource_id)
        here, taken = _look_for(each, source, catalog, opens(source))
        stands = stands or here
        (back if here and taken else away).append(each)
    removal.restore(catalog, asset_id, back=back, away=away, stands=stands)
    return assets.show(catalog, asset_id)


def _look_for(each: Vanished, source: Datasource, catalog: Catalog, opens: StoreFactory) -> tuple[bool, bool]:
    """Whether an object stands as it was, and whether a pass would take it. A source out of reach is no hindrance."""
    try:
        with closing(opens.open()) as store:
            now = store.head(each.key)
            rules, _ = read_rules(source, store, catalog, known_id=source.id)
    except MirrorlakeError:
        return False, False
    taken = bool(rules.governing(pa.array([each.key], pa.string()))[0] >= 0)
    return (now.token, now.size) == (each.token, each.size), taken


def purge_trash(
    catalog: Catalog,
    name: str,
    *,
    days: int,
    acknowledged: int | None,
    opens: StoreFactory | None = None,
    began: OnRunStarted = noop_callback,
) -> tuple[Purge, Report | None]:
    """What of the trash of a datasource has waited for so many days, and the run that removed it for good.

    `began` hears its number. There is none unless exactly that number was said. A deleted datasource has a trash too.
    Raises NotFound, UsageError where another number would go, PassRunning where a pass is at work.
    """
    source = datasources.by_name(catalog, name, deleted=True) or datasources.named(catalog, name)
    before = trash.moment(catalog, days)
    found = trash.count(catalog, source.id, before)
    told = Purge(datasource=source.name, days=days, acknowledge=found)
    if acknowledged is None or not found:
        return told, None
    if acknowledged != found:
        raise UsageError(
            f"{count_noun(found, 'asset')} would go, not {acknowledged:,}.",
            f"Say so if that is right: --acknowledge {found}",
        )
    return told, purge(source, before, catalog, opens=opens, began=began)


def delete_datasource(catalog: Catalog, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
    """What deleting a datasource does, and whether it was done: only when the number of assets that go was said.

    Raises NotFound, UsageError where another number would go, PassRunning where a pass is at work.
    """
    source = datasources.named(catalog, name)
    if acknowledged is None:
        return deletion.deletion(catalog, source), False
    return deletion.delete(catalog, source, acknowledged), True
