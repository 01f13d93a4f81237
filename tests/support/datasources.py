"""Change stored datasources without a run."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog


def store(catalog: Catalog, source: Datasource) -> Datasource:
    """Store this access and these settings in place of those of the datasource. Raises NotFound."""
    with catalog.write() as connection:
        return datasources.change_locked(connection, source.id, lambda _: source, by=LIBRARY)
