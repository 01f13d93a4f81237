"""Merging again as a person asks for it: find the datasource, then merge all its assets."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.catalog.pool import Catalog
from mirrorlake.mirror.progress import Began, unheard
from mirrorlake.mirror.reapply import Done
from mirrorlake.mirror.reapply import reapply as reapply_to
from mirrorlake.mirror.report import Report


def reapply(catalog: Catalog, name: str, done: Done, *, began: Began = unheard) -> Report:
    """Apply the metadata strategies of a datasource to all its assets. `done` hears how far it is.

    Raises NotFound, PassRunning where a pass is at work, CatalogError where the database is not to be had.
    """
    return reapply_to(catalog, datasources.named(catalog, name), done, began=began)
