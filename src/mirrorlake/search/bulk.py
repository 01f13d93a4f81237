"""The assets of one part of a bulk edit, as a statement that selects their ids."""

from __future__ import annotations

from mirrorlake.catalog.assets import parse_asset_id
from mirrorlake.model.bulk import EditPart
from mirrorlake.search.selections import select_ids
from mirrorlake.search.sql import Param

_BY_ID = b"SELECT asset.id FROM asset WHERE asset.id = ANY(%s::bigint[])"


def select_assets(part: EditPart) -> tuple[bytes, tuple[Param | list[int], ...]]:
    """A SELECT of the ids of these assets, with its values. A restoration finds only what is in the trash.

    Raises QueryError, and NotFound for an id that cannot exist.
    """
    if part.query is None:
        return _BY_ID, (sorted({parse_asset_id(one) for one in part.assets}),)
    if not part.restore:
        return select_ids(part.query)
    select_ids(part.query)  # an error points into what was written
    return select_ids(f"state:trash ({part.query})" if part.query.strip() else "state:trash")
