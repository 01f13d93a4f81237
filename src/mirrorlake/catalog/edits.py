"""Store edits of assets: one transaction, no statement per asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.assets import asset_not_found, parse_asset_id, read_asset_detail
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import StaleVersion
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import USER
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.edits import check_edit


def apply(
    catalog: Catalog, asset_ids: Iterable[str], edit: Edit, *, by: Context = LIBRARY, revision: str | None = None
) -> None:
    """Change all of these assets, or none. The edited keys belong to the user from now on, set by this caller.

    Raises NotFound for an id without an asset, UsageError for a key, value or tag that cannot be stored, and
    StaleVersion if an asset has another revision than the given one.
    """
    edit = check_edit(edit)
    _apply(catalog, {parse_asset_id(asset_id): asset_id for asset_id in asset_ids}, edit, by, revision)


@retry_on_contention
def _apply(catalog: Catalog, numbers: Mapping[int, str], edit: Edit, by: Context, revision: str | None) -> None:
    at = datetime.now(UTC).isoformat()
    values = {
        "ids": list(numbers),
        "keys": edit.keys,
        "tags": [*edit.add_tags, *edit.remove_tags],
        "projects": [*edit.add_projects, *edit.remove_projects],
        "removed": list(edit.remove_metadata),
        "values": Jsonb(dict(edit.metadata)),
        "sources": Jsonb({key: [USER, at, by.actor.name] for key in edit.metadata}),
    }
    with catalog.write() as connection:
        before = {row[0]: row[1:] for row in connection.execute(statement("read_for_edit").query, values).fetchall()}
        for number, asset_id in numbers.items():
            if number not in before:
                raise asset_not_found(asset_id)
            if revision is not None:
                _check_revision(connection, asset_id, revision)
        connection.execute(statement("edit_assets").query, values)
        for name, tags in (("remove_tags", edit.remove_tags), ("add_tags", edit.add_tags)):
            if tags:
                connection.execute(statement(name).query, {"ids": values["ids"], "tags": list(tags)})
        for name in sorted(edit.add_projects):
            connection.execute(statement("create_project").query, {"name": name, "by": by.actor.name})
        for name, projects in (
            ("remove_from_projects", edit.remove_projects),
            ("add_to_projects", edit.add_projects),
        ):
            if projects:
                connection.execute(statement(name).query, {"ids": values["ids"], "projects": list(projects)})
        _record(connection, before, edit, by)


def _record(connection: psycopg.Connection[TupleRow], before: Mapping[int, Any], edit: Edit, by: Context) -> None:
    changes = {name: value for name, value in asdict(edit).items() if value}
    details = [
        Jsonb(changes | {"before": {"metadata": metadata, "tags": tags, "projects": projects}})
        for metadata, tags, projects in before.values()
    ]
    values: dict[str, object] = {
        "workspace": by.workspace,
        "actor_kind": by.actor.kind.value,
        "actor": by.actor.name,
    }
    values |= {"address": by.address, "credential": by.credential}
    values |= {"subjects": [str(number) for number in before], "details": details}
    connection.execute(statement("record_edits").query, values)


def _check_revision(connection: psycopg.Connection[TupleRow], asset_id: str, revision: str) -> None:
    found = read_asset_detail(connection, asset_id).revision
    if found != revision:
        raise StaleVersion(
            f"Asset {asset_id} was changed since it was read.", "Read it again, and repeat the change if it still fits."
        )
