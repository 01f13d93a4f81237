"""Store edits of assets: one transaction, no statement per asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from psycopg.types.json import Jsonb

from mirrorlake.catalog.assets import no_asset, number_of
from mirrorlake.catalog.statements import statement
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import USER
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.edits import checked


def apply(catalog: Catalog, asset_ids: Iterable[str], edit: Edit) -> None:
    """Change all of these assets, or none. The edited keys belong to the user from now on.

    Raises NotFound for an id without an asset, UsageError for a key, value or tag that cannot be stored.
    """
    edit = checked(edit)
    _apply(catalog, {number_of(asset_id): asset_id for asset_id in asset_ids}, edit)


@retry_on_contention
def _apply(catalog: Catalog, numbers: Mapping[int, str], edit: Edit) -> None:
    at = datetime.now(UTC).isoformat()
    values = {
        "ids": list(numbers),
        "removed": list(edit.remove_metadata),
        "values": Jsonb(dict(edit.metadata)),
        "sources": Jsonb({key: [USER, at] for key in edit.metadata}),
    }
    with catalog.write() as connection:
        found = {row[0] for row in connection.execute(statement("lock_for_edit").query, values)}
        for number, asset_id in numbers.items():
            if number not in found:
                raise no_asset(asset_id)
        connection.execute(statement("edit_assets").query, values)
        for name, tags in (("remove_tags", edit.remove_tags), ("add_tags", edit.add_tags)):
            if tags:
                connection.execute(statement(name).query, {"ids": values["ids"], "tags": list(tags)})
