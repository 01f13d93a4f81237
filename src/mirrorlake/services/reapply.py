"""Merging again as a person asks for it: find the datasource, then merge all its assets."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.mirror.progress import OnRunStarted, noop_callback
from mirrorlake.mirror.reapply import ProgressCallback
from mirrorlake.mirror.reapply import reapply as reapply_to
from mirrorlake.mirror.report import Report
from mirrorlake.postgres.pool import Catalog


def reapply(catalog: Catalog, name: str, done: ProgressCallback, *, began: OnRunStarted = noop_callback) -> Report:
    """Apply the metadata strategies of a datasource to all its assets. `done` hears how far it is.

    Raises NotFound, PassRunning where a pass is at work, CatalogError where the database is not to be had.
    """
    return reapply_to(catalog, datasources.named(catalog, name), done, began=began)
