"""What a person decides about removals: to let held ones happen, and to bring an asset back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pyarrow as pa

from mirrorlake.catalog import assets, datasources, deletion, projects, removal
from mirrorlake.catalog.deletion import Deletion
from mirrorlake.catalog.pool import Catalog, open_catalog
from mirrorlake.catalog.removal import Vanished
from mirrorlake.errors import MirrorlakeError, NotFound, UsageError
from mirrorlake.ingest.recipe import Opens
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.globfiles import read_rules
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import recipe
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.sources import Datasource
from mirrorlake.settings import Settings


def confirm_held(settings: Settings, *, run_id: int | None, plan_hash: str | None) -> Report:
    """Carry out what the newest held run of this plan holds back. One of the two names it.

    Raises NotFound where nothing of that name is held, MirrorlakeError where it was confirmed or superseded,
    PassRunning where a pass is at work. Everything else that goes wrong is told by the report.
    """
    if run_id is None and plan_hash is None:
        raise UsageError("Which run is it?", "Name it: mirrorlake runs confirm RUN (mirrorlake runs list shows them).")
    with open_catalog(settings) as catalog:
        held = removal.confirmable(catalog, run_id=run_id, plan_hash=plan_hash)
        return confirm(datasources.by_id(catalog, held.datasource_id), held, catalog)


def restore(settings: Settings, asset_id: str) -> AssetDetail:
    """Bring an asset back from the trash. Raises NotFound, UsageError where it is not there."""
    with open_catalog(settings) as catalog:
        return restore_in(catalog, asset_id, recipe)


def restore_in(catalog: Catalog, asset_id: str, opens: Callable[[Datasource], Opens]) -> AssetDetail:
    """The same in an open catalog. The asset is present where its object stands as it was, else missing."""
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


def _look_for(each: Vanished, source: Datasource, catalog: Catalog, opens: Opens) -> tuple[bool, bool]:
    """Whether an object stands as it was, and whether a pass would take it. A source out of reach is no hindrance."""
    try:
        with closing(opens.open()) as store:
            now = store.head(each.key)
            rules = read_rules(source, store, catalog, known_id=source.id, keep=False)
    except MirrorlakeError:
        return False, False
    taken = bool(rules.governing(pa.array([each.key], pa.string()))[0] >= 0)
    return (now.token, now.size) == (each.token, each.size), taken


def delete_datasource(settings: Settings, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
    """What deleting a datasource does, and whether it was done: only when the number of assets that go was said.

    Raises NotFound, UsageError where another number would go, PassRunning where a pass is at work.
    """
    with open_catalog(settings) as catalog:
        source = datasources.by_name(catalog, name)
        if source is None:
            raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
        if acknowledged is None:
            return deletion.deletion(catalog, source), False
        return deletion.delete(catalog, source, acknowledged), True


def add_to_project(settings: Settings, name: str, asset_ids: list[str]) -> int:
    """Put assets into a project; answers how many were not in it. Raises NotFound, UsageError."""
    with open_catalog(settings) as catalog:
        return projects.add(catalog, name, asset_ids)


def remove_from_project(settings: Settings, name: str, asset_ids: list[str]) -> int:
    """Take assets out of a project; answers how many were in it. Raises NotFound."""
    with open_catalog(settings) as catalog:
        return projects.remove(catalog, name, asset_ids)


def list_projects(settings: Settings) -> list[tuple[str, int]]:
    """Every project with the number of its assets."""
    with open_catalog(settings) as catalog:
        return projects.list_all(catalog)
