"""What a person decides about removals: to let held ones happen, and to bring an asset back."""

from __future__ import annotations

from mirrorlake.catalog import datasources, removal
from mirrorlake.catalog.pool import open_catalog
from mirrorlake.errors import UsageError
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.report import Report
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
