"""The bytes of a library by type, datasource and folder: estimated if it is large, since nothing keeps them as sums."""

from __future__ import annotations

from typing import Final

import psycopg

from mirrorlake.catalog import library_count
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.storage import Storage, StorageShare
from mirrorlake.postgres.pool import Catalog, limit_time

SAMPLE_ASSETS: Final = 20_000  # that are read; a library with fewer is read as a whole
MOST: Final = 100  # datasources and folders in an answer
TIMEOUT_S: Final = 5


def read_storage(catalog: Catalog, *, sample: int = SAMPLE_ASSETS) -> Storage:
    """The bytes by type, datasource and folder; `sample` assets are read. Raises CatalogError."""
    try:
        with catalog.read(one_snapshot=True) as connection:
            limit_time(connection, TIMEOUT_S)
            total = sum(assets for _, assets in library_count.blocks(connection))
            share = min(1.0, sample / total) if total > 0 else 1.0
            values = {"percent": 100 * share, "most": MOST}
            (_, _, _, read, _), *rows = connection.execute(statement("storage_shares").query, values).fetchall()
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"Adding up the bytes of the library took longer than {TIMEOUT_S} seconds.",
            "The database is busy: try again later.",
        ) from error
    # Blocks differ in how many assets they have: what counts is how many were read, not how many were to be.
    factor = 1.0 if share == 1.0 or read == 0 else total / read
    shares: dict[str, list[StorageShare]] = {"type": [], "datasource": [], "folder": []}
    for kind, name, datasource, assets, size in rows:
        shares[kind].append(
            StorageShare(
                name=f"{name}/" if kind == "folder" else name,
                datasource=datasource,
                assets=round(assets * factor),
                bytes=round(int(size) * factor),
            )
        )
    return Storage(
        types=tuple(shares["type"]),
        datasources=tuple(shares["datasource"]),
        folders=tuple(shares["folder"]),
        sampled=None if share == 1.0 else share,
    )
