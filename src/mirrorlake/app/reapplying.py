"""Merging again as a person asks for it: find the datasource, then merge all its assets."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.catalog.pool import open_catalog
from mirrorlake.errors import NotFound
from mirrorlake.mirror.reapply import Done
from mirrorlake.mirror.reapply import reapply as reapply_to
from mirrorlake.mirror.report import Report
from mirrorlake.settings import Settings


def reapply(settings: Settings, name: str, done: Done) -> Report:
    """Apply the metadata strategies of a datasource to all its assets. `done` hears how far it is.

    Raises NotFound, PassRunning where a pass is at work, CatalogError where the database is not to be had.
    """
    with open_catalog(settings) as catalog:
        source = datasources.by_name(catalog, name)
        if source is None:
            raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
        return reapply_to(catalog, source, done)
