"""The rows of an export: assets as they are now, or as they were in a snapshot."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

from mirrorlake.catalog import snapshots
from mirrorlake.catalog.asset_rows import (
    AssetRows,
    asset_rows,
    count_chosen,
    count_chosen_missing,
    has_project,
)
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.library.snapshot_export import snapshot_rows
from mirrorlake.model.exports import ExportScope
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import choose


@contextmanager
def open_rows(
    catalog: Catalog, scope: ExportScope, fields: Sequence[str], assets: Sequence[str] = ()
) -> Generator[AssetRows]:
    """The assets of a scope with these columns, or of those in `assets`. Raises QueryError and NotFound."""
    check_scope(catalog, scope, assets)
    if scope.snapshot is not None:
        yield snapshot_rows(catalog, scope.snapshot, fields)
        return
    rows = asset_rows(catalog, choose(scope.query, scope.project, assets), fields, scope.project)
    with closing(cast("Any", rows.batches)):
        yield rows


def count_rows(catalog: Catalog, scope: ExportScope, assets: Sequence[str] = ()) -> int | None:
    """How many assets a scope has; None if counting takes long."""
    if scope.snapshot is not None:
        return snapshots.get(catalog, scope.snapshot).assets
    return count_chosen(catalog, choose(scope.query, scope.project, assets))


def count_missing(catalog: Catalog, scope: ExportScope, assets: Sequence[str] = ()) -> int | None:
    """How many assets of a scope are missing; None for a snapshot, or if counting takes long."""
    if scope.snapshot is not None:
        return None
    return count_chosen_missing(catalog, choose(scope.query, scope.project, assets))


def check_scope(catalog: Catalog, scope: ExportScope, assets: Sequence[str] = ()) -> None:
    """Raise QueryError for an invalid query, and NotFound for an unknown project, snapshot or asset."""
    if assets and (scope.query or scope.snapshot is not None):
        raise UsageError("Assets are selected either by a query or by their ids.", "Give one of both.")
    if scope.snapshot is not None:
        if scope.query or scope.project is not None:
            raise UsageError("A snapshot is exported as a whole.", "Leave out the query and the project.")
        snapshots.get(catalog, scope.snapshot)
        return
    choose(scope.query, scope.project, assets)
    if scope.project is not None and not has_project(catalog, scope.project):
        raise NotFound(
            f"Project {scope.project!r} does not exist.", "The page Projects and `mirrorlake project list` show them."
        )
