"""Provisional."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.datasources import location_of
from mirrorlake.model.assets import Asset
from mirrorlake.search.compile import STATES
from mirrorlake.storage.address import object_uri

_STATES = {number: state for state, number in STATES.items()}


def assets_by_id(connection: psycopg.Connection[TupleRow], ids: Sequence[int]) -> list[Asset]:
    """The assets with these ids, in this order; ids that no longer exist are left out."""
    rows = connection.execute(
        """SELECT asset.id, asset.name, asset.key, datasource.uri, datasource.name,
          ARRAY(SELECT other.name FROM datasource AS other WHERE other.id = asset.datasource_id OR other.id IN (
            SELECT object.datasource_id FROM object WHERE object.asset_id = asset.id) ORDER BY other.name),
          asset.media_type, asset.size, asset.width, asset.height,
          ARRAY(SELECT tag FROM asset_tag WHERE asset_tag.asset_id = asset.id ORDER BY tag),
          asset.metadata, asset.state, asset.placeholder, asset.modified, asset.updated
        FROM asset JOIN datasource ON datasource.id = asset.datasource_id WHERE asset.id = ANY(%s)""",
        (list(ids),),
    ).fetchall()
    found = {row[0]: _asset(row) for row in rows}
    return [found[each] for each in ids if each in found]


def _asset(row: TupleRow) -> Asset:
    return Asset(
        id=str(row[0]),
        name=row[1],
        key=row[2],
        uri=object_uri(location_of(row[3]), row[2]),
        datasource=row[4],
        datasources=tuple(row[5]),
        media_type=row[6],
        size=row[7],
        width=row[8],
        height=row[9],
        tags=tuple(row[10]),
        metadata=row[11],
        projects=(),
        state=_STATES[row[12]],
        placeholder=row[13],
        modified=row[14],
        updated=row[15],
    )
