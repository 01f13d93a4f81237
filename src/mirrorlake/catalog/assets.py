"""Assets as people see them: one whole, its tags, and the columns that every search result shares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from psycopg.rows import TupleRow

from mirrorlake.catalog.datasources import location_of
from mirrorlake.catalog.merge import BUCKET
from mirrorlake.catalog.pool import Catalog
from mirrorlake.catalog.statements import statement
from mirrorlake.errors import NotFound, UsageError
from mirrorlake.model.assets import Asset, AssetDetail, AssetState, MetadataEntry
from mirrorlake.model.sources import Location
from mirrorlake.storage.address import object_uri

STATES = (AssetState.PRESENT, AssetState.MISSING, AssetState.TRASH)  # by the number in the column
TAG_LIMIT = 200  # characters
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
        projects=(),
        state=STATES[int(state)],
        placeholder=bytes(placeholder),
        modified=modified,
        updated=updated,
    )


def show(catalog: Catalog, asset_id: str) -> AssetDetail:
    """Everything about one asset. Raises NotFound."""
    values = {"id": _number(asset_id)}
    with catalog.read() as connection:
        line = connection.execute(asset_columns() + b"\n" + statement("asset_by_id").query, values).fetchone()
        more = connection.execute(statement("asset_details").query, values).fetchone()
    if line is None or more is None:
        raise _no_asset(asset_id)
    digest, token, storage_class, orientation, facts, metadata, provenance, sidecar_at, sidecar_key, *rest = more
    warnings, created = rest
    entries: dict[str, MetadataEntry] = {}
    for key, value in metadata.items():
        source, at = provenance.get(key, (BUCKET, None))
        entries[key] = MetadataEntry(
            value=value,
            source=source,
            at=datetime.fromisoformat(at).astimezone(UTC) if at is not None else sidecar_at or created,
        )
    return AssetDetail(
        asset=asset_from_row(line),
        digest=bytes(digest),
        token=token,
        storage_class=storage_class,
        orientation=orientation,
        facts=facts,
        metadata=entries,
        sidecar_key=sidecar_key,
        warnings=tuple(warnings),
        created=created,
    )


def tags_of(catalog: Catalog, asset_id: str) -> tuple[str, ...]:
    """An asset's tags, by name. Raises NotFound."""
    with catalog.read() as connection:
        row = connection.execute(statement("tags_of").query, {"id": _number(asset_id)}).fetchone()
    if row is None:
        raise _no_asset(asset_id)
    return tuple(row[0])


def add_tags(catalog: Catalog, asset_id: str, tags: Iterable[str]) -> int:
    """Give an asset tags; answers how many it did not have. Raises NotFound, and UsageError for an unusable tag."""
    return _change_tags(catalog, asset_id, "add_tags", [_checked(tag) for tag in tags])


def remove_tags(catalog: Catalog, asset_id: str, tags: Iterable[str]) -> int:
    """Take tags from an asset; answers how many it had. Raises NotFound."""
    return _change_tags(catalog, asset_id, "remove_tags", list(tags))


def _change_tags(catalog: Catalog, asset_id: str, name: str, tags: list[str]) -> int:
    values = {"id": _number(asset_id), "tags": tags}
    with catalog.write() as connection:
        if connection.execute(statement("touch_asset").query, values).rowcount == 0:
            raise _no_asset(asset_id)
        return connection.execute(statement(name).query, values).rowcount


def _checked(tag: str) -> str:
    if not tag.strip() or len(tag) > TAG_LIMIT or not tag.isprintable():
        raise UsageError(
            f"{tag!r} cannot be a tag.", f"A tag has 1 to {TAG_LIMIT} characters and no control characters."
        )
    return tag


def _number(asset_id: str) -> int:
    # Ids are opaque to people; one that cannot be ours is simply not found.
    if not (asset_id.isascii() and asset_id.isdigit() and len(asset_id) <= ID_DIGITS):
        raise _no_asset(asset_id)
    return int(asset_id)


def _no_asset(asset_id: str) -> NotFound:
    return NotFound(f"There is no asset {asset_id}.", "`mirrorlake search` shows the ids of those that exist.")


@lru_cache(maxsize=1024)
def _location(uri: str) -> Location:
    return location_of(uri)
