"""Assets as people see them: one whole, and the columns that every search result shares."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache

from psycopg.rows import TupleRow

from mirrorlake.catalog.datasources import location_of
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.assets import Asset, AssetDetail, AssetState, MetadataEntry
from mirrorlake.model.metadata import BUCKET
from mirrorlake.model.sources import Location
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import object_uri

STATES = (AssetState.PRESENT, AssetState.MISSING, AssetState.TRASH)  # by the number in the column
ID_DIGITS = 18  # of a number that surely fits a bigint


def asset_columns() -> bytes:
    """The SELECT whose rows `asset_from_row` takes; table `asset` is in it under its own name.

    Go on with ` WHERE ... ORDER BY ... LIMIT ...`.
    """
    return statement("asset_columns").query


def asset_from_row(row: TupleRow) -> Asset:
    """The asset of one row of `asset_columns`."""
    (
        identity,
        name,
        key,
        source_uri,
        datasource,
        datasources,
        media_type,
        size,
        width,
        height,
        tags,
        projects,
        metadata,
        state,
        placeholder,
        modified,
        updated,
    ) = row
    return Asset(
        id=str(identity),
        name=name,
        key=key,
        uri=object_uri(_location(source_uri), key),
        datasource=datasource,
        # The object of an asset that was replaced under its key may be gone: its own datasource is told anyway.
        datasources=tuple(datasources) or (datasource,),
        media_type=media_type,
        size=size,
        width=width,
        height=height,
        tags=tuple(tags),
        metadata=metadata,
        projects=tuple(projects),
        state=STATES[int(state)],
        placeholder=b64encode(placeholder).decode("ascii"),
        modified=modified,
        updated=updated,
    )


def show(catalog: Catalog, asset_id: str) -> AssetDetail:
    """Everything about one asset. Raises NotFound."""
    values = {"id": number_of(asset_id)}
    with catalog.read() as connection:
        line = connection.execute(asset_columns() + b"\n" + statement("asset_by_id").query, values).fetchone()
        more = connection.execute(statement("asset_details").query, values).fetchone()
    if line is None or more is None:
        raise no_asset(asset_id)
    digest, token, version, storage_class, orientation, facts, metadata, provenance, *rest = more
    sidecar_at, sidecar_key, warnings, created = rest
    entries: dict[str, MetadataEntry] = {}
    for key, value in metadata.items():
        source, at, *by = provenance.get(key, (BUCKET, None))
        entries[key] = MetadataEntry(
            value=value,
            source=source,
            at=datetime.fromisoformat(at).astimezone(UTC) if at is not None else sidecar_at or created,
            by=by[0] if by else None,
        )
    return AssetDetail(
        asset=asset_from_row(line),
        digest=bytes(digest).hex(),
        token=token,
        version=version,
        storage_class=storage_class,
        orientation=orientation,
        facts=facts,
        metadata=entries,
        sidecar_key=sidecar_key,
        warnings=tuple(warnings),
        created=created,
    )


def number_of(asset_id: str) -> int:
    """The id as the database has it. Raises NotFound."""
    # Ids are opaque to people; one that cannot be ours is simply not found.
    if not (asset_id.isascii() and asset_id.isdigit() and len(asset_id) <= ID_DIGITS):
        raise no_asset(asset_id)
    return int(asset_id)


def no_asset(asset_id: str) -> NotFound:
    """The error for an id that no asset has."""
    return NotFound(f"There is no asset {asset_id}.", "`mirrorlake search` shows the ids of those that exist.")


@lru_cache(maxsize=1024)
def _location(uri: str) -> Location:
    return location_of(uri)
