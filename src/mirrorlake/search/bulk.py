"""The assets of one part of a bulk edit, as a statement that selects their ids."""

from __future__ import annotations

from mirrorlake.model.bulk import EditPart
from mirrorlake.search.selections import select_chosen, select_ids
from mirrorlake.search.sql import Param


def select_assets(part: EditPart) -> tuple[bytes, tuple[Param | list[int], ...]]:
    """A SELECT of the ids of these assets, with its values. A restoration finds only what is in the trash.

    Raises QueryError, and NotFound for an id that cannot exist.
    """
    if part.query is None or not part.restore:
        return select_chosen(part.query, part.assets)
    select_ids(part.query)  # an error points into what was written
    return select_ids(f"state:trash ({part.query})" if part.query.strip() else "state:trash")
