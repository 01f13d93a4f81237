"""Read single assets, and the columns that every search result shares."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.assets import STATE_NUMBERS, Asset, AssetDetail, MetadataEntry, Scalar
from mirrorlake.model.looking import depth_of
from mirrorlake.model.media import MediaKind
from mirrorlake.model.metadata import BUCKET
from mirrorlake.model.picture_texts import PictureText
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import stored_location

_STATES = {number: state for state, number in STATE_NUMBERS.items()}
LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**63 - 1  # larger numbers in metadata are floats
REVISION_BYTES = 16
ID_DIGITS = 18  # digits of a number that always fits a bigint


def asset_columns() -> bytes:
    """The SELECT whose rows `asset_from_row` takes, over the table `asset` under its own name.

    Append ` WHERE ... ORDER BY ... LIMIT ...`.
    """
    return statement("asset_columns").query


def asset_from_row(row: TupleRow) -> Asset:
    """Build the asset from one row of `asset_columns`."""
    (
        identity,
        name,
        key,
        source_uri,
        datasource,
        datasources,
        kind,
        media_type,
        size,
        width,
        height,
        duration_s,
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
        uri=stored_location(source_uri).object_uri(key),
        datasource=datasource,
        # The object of an asset may have been replaced under its key; the asset's own datasource is still listed.
        datasources=tuple(datasources) or (datasource,),
        kind=MediaKind(kind),
        media_type=media_type,
        size=size,
        width=width,
        height=height,
        duration_s=duration_s,
        tags=tuple(tags),
        metadata={key: _as_scalar(value) for key, value in metadata.items()},
        projects=tuple(projects),
        state=_STATES[state],
        placeholder=None if placeholder is None else b64encode(placeholder).decode("ascii"),
        modified=modified,
        updated=updated,
    )


def get_asset_detail(catalog: Catalog, asset_id: str) -> AssetDetail:
    """Everything about one asset. Raises NotFound."""
    with catalog.read() as connection:
        return read_asset_detail(connection, asset_id)


def read_asset_detail(connection: psycopg.Connection[TupleRow], asset_id: str) -> AssetDetail:
    """Everything about one asset, within a transaction. Raises NotFound."""
    values = {"id": parse_asset_id(asset_id)}
    line = connection.execute(asset_columns() + b"\n" + statement("asset_by_id").query, values).fetchone()
    more = connection.execute(statement("asset_details").query, values).fetchone()
    if line is None or more is None:
        raise asset_not_found(asset_id)
    digest, token, version, storage_class, orientation, facts, metadata, provenance, *rest = more
    merged_at, sidecar_key, warnings, created, depth, duplicates, *read = rest
    entries: dict[str, MetadataEntry] = {}
    for key, value in metadata.items():
        source, at, *by = provenance.get(key, (BUCKET, None))
        entries[key] = MetadataEntry(
            value=_as_scalar(value),
            source=source,
            at=datetime.fromisoformat(at).astimezone(UTC) if at is not None else merged_at or created,
            by=by[0] if by else None,
        )
    detail = AssetDetail(
        asset=asset_from_row(line),
        digest=None if digest is None else bytes(digest).hex(),
        depth=depth_of(depth),
        token=token,
        version=version,
        storage_class=storage_class,
        orientation=orientation,
        facts=facts,
        picture_text=_picture_text(tuple(read)),
        metadata=entries,
        sidecar_key=sidecar_key,
        duplicates=tuple(duplicates),
        warnings=tuple(warnings),
        created=created,
        revision="",
    )
    # From everything that is shown: whatever changes it, such as a project or a sidecar, changes the revision.
    content = repr(detail).encode("utf-8", "surrogatepass")
    return replace(detail, revision=hashlib.blake2b(content, digest_size=REVISION_BYTES).hexdigest())


def _picture_text(row: TupleRow) -> PictureText | None:
    text, shortened, failure, model, at = row
    if text is None:  # nobody has looked
        return None
    return PictureText(text=text, shortened=shortened, failure=failure, model=model, at=at)


def parse_asset_id(asset_id: str) -> int:
    """The id as the database stores it. Raises NotFound."""
    # Ids are opaque to users: an id in another format is not found.
    if not (asset_id.isascii() and asset_id.isdigit() and len(asset_id) <= ID_DIGITS):
        raise asset_not_found(asset_id)
    return int(asset_id)


def asset_not_found(asset_id: str) -> NotFound:
    """The error for an id without an asset."""
    return NotFound(f"Asset {asset_id} does not exist.", "`mirrorlake search` lists existing ids.")


def _as_scalar(value: Scalar) -> Scalar:
    """The value as it was set. jsonb returns a large float, such as 1e308, as an integer that JSON writers refuse."""
    return float(value) if isinstance(value, int) and not LEAST_INTEGER <= value <= GREATEST_INTEGER else value
